"""Caffe's classification networks as OpenVINO models.

OpenVINO, ONNX and OpenCV have all dropped their readers of Caffe; this one is AccuBench's own. The story of an import:

1. `prototxt` reads the text into blocks that remember their lines, `messages` reads a block as one of Caffe's messages,
   `network` makes layers of them and translates the older spelling (`layers`, `type: CONVOLUTION`).
2. `resolving` decides what inference needs: layers of the phase TEST, values in place of names that in-place layers use
   again, data layers as inputs, a softmax loss as a softmax, nothing that leads to measures and labels only.
3. `caffemodel` reads the weights by layer name.
4. `importing` builds the graph layer by layer with the builders in `spatial`, `arithmetic` and `shaping`; what a layer
   computes is Caffe's arithmetic, also where OpenVINO's operation of the same name would differ.

Whatever is wrong with the files is a `BrokenModelError` or an `UnsupportedModelError` that names file, line and layer.
"""

from accubench.models.caffe.importing import SUPPORTED_LAYERS, import_caffe

__all__ = ["SUPPORTED_LAYERS", "import_caffe"]
