// What the ink rule asks of each subpixel: landmark, and depth whose sign says whether the
// material wants ink; 0 where there is nothing.
#ifdef VERTEX_STAGE

#include skinning

uniform mat4 clip_from_world;
in vec3 in_landmark;
in vec2 in_uv;
out vec3 landmark;
out vec2 uv;

void main() {
    gl_Position = clip_from_world * vec4(skinned_position(), 1.0);
    landmark = in_landmark;
    uv = in_uv;
}

#else

uniform sampler2D image;
uniform float alpha_factor;
uniform float alpha_cutoff;
uniform float ink_sign;
in vec3 landmark;
in vec2 uv;
out vec4 surface;

void main() {
    if (alpha_factor * texture(image, uv).a < alpha_cutoff) {
        discard;
    }
    surface = vec4(landmark, ink_sign / gl_FragCoord.w);
}

#endif
