// Linear blend skinning; udp_live/rig/skinning.py is its numpy twin.
// Each joint matrix is its first three rows, because the fourth is always (0, 0, 0, 1).
layout(std140) uniform Joints {
    vec4 joint_rows[3 * BONE_COUNT];
};

in vec3 in_position;  // rest pose, metres
in vec3 in_offset;    // sum of the active morph targets, metres
in uvec4 in_joints;
in vec4 in_weights;

vec3 skinned_position() {
    uvec4 first = in_joints * 3u;
    vec4 rest = vec4(in_position + in_offset, 1.0);
    vec4 row_x = vec4(0.0), row_y = vec4(0.0), row_z = vec4(0.0);
    for (int i = 0; i < 4; ++i) {
        row_x += in_weights[i] * joint_rows[first[i]];
        row_y += in_weights[i] * joint_rows[first[i] + 1u];
        row_z += in_weights[i] * joint_rows[first[i] + 2u];
    }
    return vec3(dot(row_x, rest), dot(row_y, rest), dot(row_z, rest));
}
