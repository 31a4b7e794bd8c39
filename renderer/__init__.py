"""Ultra-Dense Pose frame and character sheet in, painted RGBA out."""
