#include "mobilenet_cost/count/convention_table.h"

#include <vector>

namespace mobilenet_cost {
namespace {

using T = Terms;

std::vector<CountedTerm> joined(std::vector<CountedTerm> left, const std::vector<CountedTerm>& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

std::vector<CountedTerm> macs() {
    return {{&T::conv_macs, 1}, {&T::dense_macs, 1}};
}

std::vector<CountedTerm> flops() {
    return {{&T::conv_macs, 2}, {&T::dense_macs, 2}};
}

std::vector<CountedTerm> biases() {
    return {{&T::conv_bias_adds, 1}, {&T::dense_bias_adds, 1}};
}

std::vector<CountedTerm> pooling_inputs(std::int64_t factor) {
    return {{&T::pool_inputs, factor}, {&T::squeeze_inputs, factor}};
}

std::vector<CountedTerm> pooling_outputs(std::int64_t factor) {
    return {{&T::pool_outputs, factor}, {&T::squeeze_outputs, factor}};
}

/// onnx-tool prices each ONNX operator: Relu 1, Clip 2, HardSwish 5, HardSigmoid 4, GlobalAveragePool 1 for
/// each input and 4 for each output, BatchNormalization 31 for each value (with its square root) unless
/// folded.
std::vector<CountedTerm> onnx_operators(std::int64_t per_bn_element) {
    return joined(joined(joined(joined(macs(), biases()), pooling_inputs(1)), pooling_outputs(4)),
                  {{&T::bn_elements, per_bn_element},
                   {&T::relu, 1},
                   {&T::relu6, 2},
                   {&T::hard_swish, 5},
                   {&T::hard_sigmoid, 4},
                   {&T::residual_adds, 1},
                   {&T::gate_multiplies, 1}});
}

/// TensorFlow's profiler sums the registered statistics of each graph operator; Keras 3 writes batch norm as
/// elementary operators.
std::vector<CountedTerm> tensorflow_operators() {
    return joined(joined(joined(flops(), biases()), pooling_inputs(1)), {{&T::bn_elements, 2},
                                                                         {&T::bn_channels, 6},
                                                                         {&T::hard_swish, 3},
                                                                         {&T::hard_sigmoid, 2},
                                                                         {&T::residual_adds, 1},
                                                                         {&T::gate_multiplies, 1},
                                                                         {&T::class_scores, 5}});
}

/// Coefficients were fitted to nothing: they were read in the tools' sources and checked by running the
/// versions named here on MobileNetV1 to V4, to the integer (tests/data/convention_totals.csv).
std::vector<Convention> make_table() {
    return {
        {.name = "paper",
         .title = "MobileNet papers and READMEs",
         .unit = "MACs",
         .counted = macs(),
         .batch_norm = BatchNormCount::bn0,
         .source = "arXiv 1704.04861, 1801.04381, 1905.02244",
         .note = "Some rows leave the classifier out or were rounded twice: see docs/conventions.md."},
        {.name = "tf_slim",
         .title = "TF-slim variables",
         .unit = "MACs",
         .counted = macs(),
         .batch_norm = BatchNormCount::bn3,
         .source = "tensorflow/models research/slim/nets/mobilenet_v1.md",
         .note = "The docstring's own totals leave the classifier out."},
        {.name = "keras",
         .title = "Keras count_params()",
         .unit = "MACs",
         .counted = macs(),
         .batch_norm = BatchNormCount::bn4,
         .source = "keras 3.15.1",
         .note = "Keras counts no MACs; its documentation quotes the paper's. Trainable parameters are bn2."},
        {.name = "tf_profiler",
         .title = "TensorFlow profiler on a Keras 3 model",
         .unit = "FLOPs",
         .counted = tensorflow_operators(),
         .batch_norm = BatchNormCount::bn4,
         .source = "tensorflow 2.21.0, keras 3.15.1",
         .note = "Keras' MobileNetV3 scales its input inside the model: 2 more per input value."},
        {.name = "torchvision",
         .title = "torchvision weight metadata",
         .unit = "MACs",
         .counted = macs(),
         .batch_norm = BatchNormCount::bn2,
         .source = "pytorch/vision torchvision/models/mobilenetv2.py, mobilenetv3.py",
         .note = "Its MobileNetV3 is another network when alpha is not 1."},
        {.name = "timm",
         .title = "timm results tables (fvcore)",
         .unit = "MACs",
         .counted = joined(macs(), {{&T::pool_inputs, 1}, {&T::bn_elements, 2}}),
         .batch_norm = BatchNormCount::bn2,
         .source = "timm 1.0.31, fvcore 0.1.5",
         .note = "Squeeze-and-excite averages by Tensor.mean(), which fvcore does not see."},
        {.name = "fvcore",
         .title = "fvcore FlopCountAnalysis",
         .unit = "FLOPs",
         .counted = joined(joined(macs(), pooling_inputs(1)), {{&T::bn_elements, 2}}),
         .batch_norm = BatchNormCount::bn2,
         .source = "fvcore 0.1.5",
         .note = "Says FLOPs and counts one per multiply-accumulate."},
        {.name = "ptflops_pytorch",
         .title = "ptflops, pytorch engine",
         .unit = "MACs",
         .counted = joined(joined(joined(macs(), biases()), pooling_inputs(2)),
                           {{&T::bn_elements, 2}, {&T::relu, 2}, {&T::relu6, 1}}),
         .batch_norm = BatchNormCount::bn2,
         .source = "ptflops 0.7.5",
         .note =
             "Modules that call a patched function (ReLU, pooling) are counted twice; a network that pools "
             "by function has its pooling counted once."},
        {.name = "ptflops_aten",
         .title = "ptflops, aten engine",
         .unit = "MACs",
         .counted = joined(macs(), biases()),
         .batch_norm = BatchNormCount::bn2,
         .source = "ptflops 0.7.5",
         .note = ""},
        {.name = "thop",
         .title = "thop profile()",
         .unit = "MACs",
         .counted =
             joined(joined(joined(macs(), pooling_inputs(1)), pooling_outputs(1)), {{&T::bn_elements, 4}}),
         .batch_norm = BatchNormCount::bn2,
         .source = "thop 0.1.1",
         .note = "Modules alone: torchvision's MobileNetV2 pools by function, which is not counted."},
        {.name = "torchinfo",
         .title = "torchinfo mult-adds",
         .unit = "MACs",
         .counted = joined(joined(macs(), biases()), {{&T::bn_channels, 2}}),
         .batch_norm = BatchNormCount::bn2,
         .source = "torchinfo 1.8.0",
         .note = ""},
        {.name = "deepspeed",
         .title = "DeepSpeed profiler, MACs",
         .unit = "MACs",
         .counted = macs(),
         .batch_norm = BatchNormCount::bn2,
         .source = "deepspeed 0.19.8",
         .note = ""},
        {.name = "deepspeed_flops",
         .title = "DeepSpeed profiler, FLOPs",
         .unit = "FLOPs",
         .counted = joined(joined(flops(), pooling_inputs(1)),
                           {{&T::conv_bias_adds, 1}, {&T::bn_elements, 2}, {&T::relu, 1}}),
         .batch_norm = BatchNormCount::bn2,
         .source = "deepspeed 0.19.8",
         .note = "ReLU6 and hard swish are not counted."},
        {.name = "torch_flop_counter",
         .title = "PyTorch FlopCounterMode",
         .unit = "FLOPs",
         .counted = flops(),
         .batch_norm = BatchNormCount::bn2,
         .source = "torch 2.15.0 torch.utils.flop_counter",
         .note = "Counts no parameters; those here are model.parameters()."},
        {.name = "pnnx",
         .title = "pnnx, FLOPS",
         .unit = "FLOPs",
         .counted = joined(joined(flops(), pooling_inputs(1)), {{&T::conv_outputs, 1},
                                                                {&T::relu, 1},
                                                                {&T::relu6, 1},
                                                                {&T::hard_swish, 4},
                                                                {&T::hard_sigmoid, 3},
                                                                {&T::residual_adds, 1},
                                                                {&T::gate_multiplies, 1}}),
         .batch_norm = BatchNormCount::bn1,
         .source = "pnnx 20261020",
         .note =
             "Prints three decimals; the rule was inferred from them on six networks. Batch norm is folded."},
        {.name = "onnxsim",
         .title = "onnxsim's table, MACs",
         .unit = "MACs",
         .counted = macs(),
         .batch_norm = BatchNormCount::bn1,
         .source = "onnxsim 0.8.1",
         .note = "Prints one decimal, and the size of the file instead of parameters."},
        {.name = "onnx_tool",
         .title = "onnx-tool, batch norm folded",
         .unit = "MACs",
         .counted = onnx_operators(1),
         .batch_norm = BatchNormCount::bn1,
         .source = "onnx-tool 1.0.1",
         .note = "On an export with batch norm folded, as exporters do for inference."},
        {.name = "onnx_tool_unfolded",
         .title = "onnx-tool, batch norm kept",
         .unit = "MACs",
         .counted = onnx_operators(31),
         .batch_norm = BatchNormCount::bn4,
         .source = "onnx-tool 1.0.1",
         .note = ""},
        {.name = "openvino",
         .title = "OpenVINO model zoo",
         .unit = "FLOPs",
         .counted = joined(flops(), {{&T::conv_outputs, 2}}),
         .batch_norm = BatchNormCount::bn1,
         .source = "openvinotoolkit/open_model_zoo models/public/*/README.md",
         .note = "The FLOPs rule was inferred from the published MobileNetV1 and V2 figures."},
    };
}

}  // namespace

std::span<const Convention> convention_table() {
    static const std::vector<Convention> table = make_table();
    return table;
}

}  // namespace mobilenet_cost
