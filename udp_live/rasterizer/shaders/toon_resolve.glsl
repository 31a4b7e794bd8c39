// Put ink on the subpixels and average them, premultiplied, into straight-alpha pixels.
#ifdef VERTEX_STAGE

void main() {
    gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}

#else

uniform sampler2D colors;
uniform sampler2D surfaces;
uniform sampler2D reaches;
uniform sampler2D tiles;
uniform int tile_size;  // at least a subpixel's search radius plus a pixel's side
uniform int radius;
uniform vec3 tint;
out vec4 color;

bool has_ink_near(ivec2 first) {
    ivec2 tile = first / tile_size;
    float reach = 0.0;
    for (int y = -1; y <= 1; ++y) {
        for (int x = -1; x <= 1; ++x) {
            ivec2 place = clamp(tile + ivec2(x, y), ivec2(0), textureSize(tiles, 0) - 1);
            reach = max(reach, texelFetch(tiles, place, 0).r);
        }
    }
    return reach > 0.0;
}

float ink_at(ivec2 place) {
    ivec2 low = max(place - radius, ivec2(0));
    ivec2 high = min(place + radius, textureSize(reaches, 0) - 1);
    float ink = 0.0;
    for (int y = low.y; y <= high.y; ++y) {
        for (int x = low.x; x <= high.x; ++x) {
            float reach = texelFetch(reaches, ivec2(x, y), 0).r;
            ink = max(ink, reach - length(vec2(ivec2(x, y) - place)));
        }
    }
    return min(ink, 1.0);
}

void main() {
    ivec2 first = ivec2(gl_FragCoord.xy) * SUPERSAMPLING;
    bool search = has_ink_near(first);
    vec4 total = vec4(0.0);
    for (int y = 0; y < SUPERSAMPLING; ++y) {
        for (int x = 0; x < SUPERSAMPLING; ++x) {
            ivec2 place = first + ivec2(x, y);
            vec4 paint = texelFetch(colors, place, 0);
            if (search && paint.a > 0.0 && texelFetch(surfaces, place, 0).w != 0.0) {
                paint.rgb *= mix(vec3(1.0), tint, ink_at(place));
            }
            total += paint;
        }
    }
    float share = total.a / float(SUPERSAMPLING * SUPERSAMPLING);
    color = vec4(total.rgb / max(total.a, 1.0), share);
}

#endif
