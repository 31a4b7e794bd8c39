// Ultra-Dense Pose: the landmark of the visible surface, and occupancy in alpha.
// ALPHA_CUT is 1 for materials with holes.
#ifdef VERTEX_STAGE

#include skinning

uniform mat4 clip_from_world;
in vec3 in_landmark;
out vec3 landmark;
#if ALPHA_CUT
in vec2 in_uv;
out vec2 uv;
#endif

void main() {
    gl_Position = clip_from_world * vec4(skinned_position(), 1.0);
    landmark = in_landmark;
#if ALPHA_CUT
    uv = in_uv;
#endif
}

#else

in vec3 landmark;
out vec4 udp;
#if ALPHA_CUT
in vec2 uv;
uniform sampler2D alpha_image;
uniform float alpha_factor;
uniform float alpha_cutoff;
#endif

void main() {
#if ALPHA_CUT
    if (alpha_factor * texture(alpha_image, uv).r < alpha_cutoff) {
        discard;
    }
#endif
    udp = vec4(landmark, 1.0);
}

#endif
