// The plug-in that makes ONNX files with the format's own library: the classes that protobuf generated from
// onnx.proto (https://github.com/onnx/onnx/blob/main/docs/IR.md, operators: docs/Operators.md).

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/onnx/export.h"
#include "mobilenet_cost/onnx/graph_writer.h"

namespace mobilenet_cost {

namespace {

static_assert(kOnnxIrVersion == onnx::IR_VERSION_2020_5_8);

void set_text(onnx::ModelProto& model, const OnnxText& text) {
    model.set_ir_version(kOnnxIrVersion);
    model.add_opset_import()->set_version(kOnnxOpset);
    model.mutable_opset_import(0)->set_domain("");  // the operators of ONNX itself
    model.set_producer_name("mobilenet-cost");
    model.set_producer_version(std::string(build_info().version));
    model.set_doc_string(text.description);
    model.mutable_graph()->set_name(text.name);
    for (const auto& [key, value] : text.properties) {
        onnx::StringStringEntryProto& entry = *model.add_metadata_props();
        entry.set_key(key);
        entry.set_value(value);
    }
}

class FileStream final : public google::protobuf::io::CopyingOutputStream {
  public:
    explicit FileStream(std::FILE* file) : file_(file) {}
    bool Write(const void* buffer, int size) override {
        const auto bytes = static_cast<std::size_t>(size);
        return std::fwrite(buffer, 1, bytes, file_) == bytes;
    }

  private:
    std::FILE* file_;
};

OnnxFile write_model(const Network& network, const Weights* weights, const OnnxText& text, std::FILE* file) {
    onnx::ModelProto model;
    set_text(model, text);
    write_graph(network, weights, *model.mutable_graph());
    FileStream stream(file);
    google::protobuf::io::CopyingOutputStreamAdaptor adaptor(&stream);
    errno = 0;
    if (!model.SerializeToZeroCopyStream(&adaptor) || !adaptor.Flush())
        throw std::runtime_error(fmt::format("writing the ONNX model: {}", std::strerror(errno)));
    return {.nodes = model.graph().node_size(), .bytes = static_cast<std::int64_t>(model.ByteSizeLong())};
}

}  // namespace

}  // namespace mobilenet_cost

extern "C" __attribute__((visibility("default"))) mobilenet_cost::OnnxWrite mobilenet_cost_onnx(
    int onnx_interface) {
    return onnx_interface == mobilenet_cost::kOnnxInterface ? mobilenet_cost::write_model : nullptr;
}
