#include "mobilenet_cost/gate/worker.h"

#include <array>
#include <iostream>
#include <memory>
#include <ostream>
#include <streambuf>

#include <unistd.h>

#include "mobilenet_cost/gate/parent_watch.h"

#include "allocation_count.h"
#include "app.h"

namespace mobilenet_cost::app {
namespace {

/// Writes to a file descriptor.
class DescriptorBuffer final : public std::streambuf {
  public:
    explicit DescriptorBuffer(int descriptor) : descriptor_(descriptor) {
        setp(space_.data(), space_.data() + space_.size());
    }

  protected:
    int_type overflow(int_type c) override {
        if (sync() != 0) return traits_type::eof();
        if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
        return traits_type::not_eof(c);
    }

    int sync() override {
        const char* begin = pbase();
        while (begin != pptr()) {
            const ssize_t written = write(descriptor_, begin, static_cast<std::size_t>(pptr() - begin));
            if (written <= 0) return -1;
            begin += written;
        }
        setp(space_.data(), space_.data() + space_.size());
        return 0;
    }

  private:
    int descriptor_;
    std::array<char, 4096> space_ = {};
};

/// Output of libraries on standard output (oneDNN with DNNL_VERBOSE) goes to standard error, because only the
/// protocol may use the real one.
int run_worker_command() {
    const int protocol = dup(STDOUT_FILENO);
    if (protocol < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return kFailed;
    end_with_parent(protocol);
    DescriptorBuffer buffer(protocol);
    std::ostream out(&buffer);
    return run_worker(std::cin, out, real_world(), allocation_counter());
}

}  // namespace

/// docs/gate.md describes the lines.
void setup_worker(Command& command) {
    command.on_run(run_worker_command);
}

}  // namespace mobilenet_cost::app
