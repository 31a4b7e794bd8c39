// How far ink reaches from each subpixel; udp_live/rasterizer/ink.py is the numpy twin.
#ifdef VERTEX_STAGE

void main() {
    gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}

#else

uniform sampler2D surfaces;
uniform float width_px;
uniform float jump_low;
uniform float jump_high;
uniform float slope_factor;
out float reach;

const float NO_STEP = 1e9;

// Nothing outside the picture, as in an empty pixel.
vec4 surface_at(ivec2 place) {
    bool inside = all(greaterThanEqual(place, ivec2(0)))
        && all(lessThan(place, textureSize(surfaces, 0)));
    return inside ? texelFetch(surfaces, place, 0) : vec4(0.0);
}

float step_length(vec4 a, vec4 b) {
    return a.w == 0.0 || b.w == 0.0 ? NO_STEP : distance(a.xyz, b.xyz);
}

// Strength of the jump between b and c, where a, b, c, d are four subpixels in a row.
float jump_strength(vec4 a, vec4 b, vec4 c, vec4 d) {
    float nearer = abs(b.w) < abs(c.w) ? b.w : c.w;
    if (b.w == 0.0 || c.w == 0.0 || nearer < 0.0) {
        return 0.0;  // a silhouette, or the surface in front wants no line
    }
    float beside = min(step_length(a, b), step_length(c, d));
    float predicted = slope_factor * (beside == NO_STEP ? 0.0 : beside);
    return clamp((distance(b.xyz, c.xyz) - predicted - jump_low) / (jump_high - jump_low), 0.0, 1.0);
}

float strength_along(ivec2 place, ivec2 axis, vec4 here) {
    vec4 before = surface_at(place - axis);
    vec4 after = surface_at(place + axis);
    return max(
        jump_strength(surface_at(place - 2 * axis), before, here, after),
        jump_strength(before, here, after, surface_at(place + 2 * axis))
    );
}

void main() {
    ivec2 place = ivec2(gl_FragCoord.xy);
    vec4 here = surface_at(place);
    if (here.w == 0.0) {
        reach = width_px + 1.0;
    } else {
        float strength = max(
            strength_along(place, ivec2(1, 0), here), strength_along(place, ivec2(0, 1), here)
        );
        reach = 0.5 * width_px * strength;
    }
}

#endif
