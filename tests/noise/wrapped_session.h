#pragma once

#include <memory>
#include <utility>

#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {

/// Another session with nothing added; what derives from it changes how passes are run.
class WrappedSession : public Session {
  public:
    explicit WrappedSession(std::unique_ptr<Session> session) : session_(std::move(session)) {}

    std::span<float> input() override { return session_->input(); }
    void run() override { session_->run(); }
    void run_timed(std::span<std::int64_t> nanoseconds) override { session_->run_timed(nanoseconds); }
    std::vector<float> output() const override { return session_->output(); }
    std::vector<float> layer_output(std::size_t layer) const override {
        return session_->layer_output(layer);
    }
    std::vector<std::string> kernels() const override { return session_->kernels(); }
    SessionMemory memory_use() const override { return session_->memory_use(); }
    SessionRegions regions() const override { return session_->regions(); }

  private:
    std::unique_ptr<Session> session_;
};

}  // namespace mobilenet_cost
