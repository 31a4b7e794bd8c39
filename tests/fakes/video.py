"""Small videos made on the spot, each frame as bright as its number tells."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT = 64, 48
STEP = 20  # brightness between two frames
SOUND_RATE = 48_000


def write_video(path: Path, frames: int = 10, fps: int = 10, *, faststart: bool = True) -> Path:
    """Write a video of grey frames: frame n has brightness 20 n; the codec suits the suffix."""
    codec, pix_fmt = {
        ".mp4": ("libx264", "yuv420p"),
        ".mkv": ("libx264", "yuv420p"),
        ".gif": ("gif", "rgb8"),
    }[path.suffix]
    options = {"movflags": "faststart"} if path.suffix == ".mp4" and faststart else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=Fraction(fps))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pix_fmt
        for number in range(frames):
            image = np.full((HEIGHT, WIDTH, 3), STEP * number % 256, np.uint8)
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            for packet in stream.encode(picture.reformat(format=pix_fmt)):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path


def write_sound(path: Path) -> Path:
    """Write a file that has sound and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        sound.sample_rate = 8000
        for packet in stream.encode(sound):
            container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path


def write_film(path: Path, frames: int = 10, fps: int = 10, sound: str = "aac") -> Path:
    """Write a video of grey frames with a tone in another codec, as long as the pictures."""
    silent = write_video(path.with_name("silent.mp4"), frames, fps)
    with av.open(str(silent)) as pictures, av.open(str(path), "w") as film:
        source = pictures.streams.video[0]
        target = film.add_stream_from_template(source)
        tone = film.add_stream(sound, rate=SOUND_RATE)
        tone.layout = "mono"
        for packet in pictures.demux(source):
            if packet.dts is not None:
                packet.stream = target
                film.mux(packet)
        film.mux(tone.encode(_tone(frames / fps)))
        film.mux(tone.encode(None))
    silent.unlink()
    return path


def _tone(seconds: float) -> av.AudioFrame:
    moments = np.arange(round(SOUND_RATE * seconds)) / SOUND_RATE
    wave = (0.3 * np.sin(2 * np.pi * 440 * moments)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(wave[None], "fltp", "mono")
    frame.sample_rate, frame.pts = SOUND_RATE, 0
    frame.time_base = Fraction(1, SOUND_RATE)
    return frame
