#pragma once

#include "mobilenet_cost/model/network.h"
#include "mobilenet_cost/runtime/tflite_graph.h"

namespace mobilenet_cost {

/// Whether a network has biases of its own. As Keras builds one they are all zeros: the converter leaves out
/// that of FULLY_CONNECTED, and stores zeros of one length once.
enum class Training { none, trained };

/// An int8 network as TensorFlow's converter writes it, with int8 input and output and a fixed batch:
/// - weights and biases are scaled for each channel, batch norm is folded into them, and a ReLU or ReLU6 is
///   part of the operator before it; hard swish and sigmoid are operators of their own
/// - a convolution pads by SAME, by VALID, or reads a map that PAD wrote, where its zeros are neither's
/// - MobileNetV2's classifier is FULLY_CONNECTED, as Keras has it; one behind convolutions of a 1x1 map, or
///   behind separable blocks, is CONV_2D, followed by RESHAPE
/// Throws Error for a layer that has no such operator.
[[nodiscard]] TfliteGraph as_converted(const Network& network, Training training = Training::trained);

}  // namespace mobilenet_cost
