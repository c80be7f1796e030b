#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace mobilenet_cost {

/// The bytes of a file that is read as a whole, unmapped at the end.
class MappedFile {
  public:
    /// Throws Error where the path is no file of 1 to `most` bytes that can be read, as `what` ("an ONNX
    /// model") is.
    MappedFile(const std::filesystem::path& path, std::string_view what, std::int64_t most);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    [[nodiscard]] std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

  private:
    void* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace mobilenet_cost
