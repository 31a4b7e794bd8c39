"""What runs a frame on a device, all behind ``painter``.

``frame_painter`` is torch, ``cuda_graph`` its recording on a GPU, ``onnx_painter`` ONNX Runtime
with the models that ``onnx_export`` writes.
"""
