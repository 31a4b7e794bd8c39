// Flat toon colours, straight sRGB. Light is fixed to the character: the normal is the canonical
// one, so that shading belongs to the surface as in a drawing and does not swim when she moves.
#ifdef VERTEX_STAGE

#include skinning

uniform mat4 clip_from_world;
in vec3 in_normal;
in vec2 in_uv;
out vec3 normal;
out vec2 uv;

void main() {
    gl_Position = clip_from_world * vec4(skinned_position(), 1.0);
    normal = in_normal;
    uv = in_uv;
}

#else

uniform sampler2D image;
uniform vec4 base_color;
uniform float alpha_cutoff;  // negative: blended, drawn as a pattern of subpixels
uniform vec3 shade_color;    // white for unlit materials
uniform vec3 light_direction;
uniform vec2 shade_edge;     // cosines between which shade turns into light
in vec3 normal;
in vec2 uv;
out vec4 color;

// A blended material covers as many of a pixel's subpixels as its alpha says, which needs no
// sorting. SUPERSAMPLING is the number of subpixels along each side of a pixel.
float subpixel_threshold() {
    ivec2 place = ivec2(gl_FragCoord.xy) % SUPERSAMPLING;
    int rank = place.y * SUPERSAMPLING + place.x;
    return (float(rank) + 0.5) / float(SUPERSAMPLING * SUPERSAMPLING);
}

void main() {
    vec4 surface = base_color * texture(image, uv);
    if (surface.a < (alpha_cutoff < 0.0 ? subpixel_threshold() : alpha_cutoff)) {
        discard;
    }
    float light = smoothstep(shade_edge.x, shade_edge.y, dot(normalize(normal), light_direction));
    color = vec4(surface.rgb * mix(shade_color, vec3(1.0), light), 1.0);
}

#endif
