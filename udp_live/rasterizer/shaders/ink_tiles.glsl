// The farthest reach inside each square tile, so that most pixels need no search for ink.
#ifdef VERTEX_STAGE

void main() {
    gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}

#else

uniform sampler2D reaches;
uniform int tile_size;
out float reach;

void main() {
    ivec2 first = ivec2(gl_FragCoord.xy) * tile_size;
    ivec2 last = min(first + tile_size, textureSize(reaches, 0)) - 1;
    reach = 0.0;
    for (int y = first.y; y <= last.y; ++y) {
        for (int x = first.x; x <= last.x; ++x) {
            reach = max(reach, texelFetch(reaches, ivec2(x, y), 0).r);
        }
    }
}

#endif
