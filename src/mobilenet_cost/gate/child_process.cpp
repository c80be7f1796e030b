#include "mobilenet_cost/gate/child_process.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <uv.h>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kMostWords = 4096;
constexpr std::size_t kLongestWords = 300;  // characters of them in a message

/// How long after its end a child's last output may arrive.
constexpr double kDrainSeconds = 0.5;

/// Whether a loop and a child get theirs: libuv itself aborts where it gets none.
bool has_descriptors() {
    std::array<int, 16> made{};
    std::generate(made.begin(), made.end(), [] { return open("/dev/null", O_RDONLY | O_CLOEXEC); });
    const bool all = std::find(made.begin(), made.end(), -1) == made.end();
    std::for_each(made.begin(), made.end(), [](int file) { ::close(file); });
    return all;
}

std::string_view last_line(std::string_view text) {
    const std::size_t end = text.find_last_not_of(" \r\n\t");
    text = text.substr(0, end == text.npos ? 0 : end + 1);
    const std::size_t begin = text.find_last_of('\n');
    return begin == text.npos ? text : text.substr(begin + 1);
}

}  // namespace

/// One child with its own event loop, so that two children are independent of each other.
class ChildProcess::Loop {
  public:
    Loop(const std::string& program, const std::vector<std::string>& arguments) {
        std::signal(SIGPIPE, SIG_IGN);
        if (!has_descriptors()) refuse(UV_EMFILE);
        if (const int status = uv_loop_init(&loop_); status != 0) refuse(status);
        for (uv_pipe_t* pipe : {&input_, &output_, &errors_}) {
            uv_pipe_init(&loop_, pipe, 0);
            pipe->data = this;
        }
        uv_timer_init(&loop_, &timer_);
        timer_.data = this;
        process_.data = this;
        if (const int status = spawn(program, arguments); status != 0) {
            close();
            refuse(status);
        }
        read(output_, on_output);
        read(errors_, on_errors);
    }
    ~Loop() {
        kill();
        if (!exit_) run_until([this] { return exit_.has_value(); }, kDrainSeconds);
        close();
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void write(std::string line) {
        auto* request = new WriteRequest{{}, std::move(line)};
        request->text += '\n';
        request->request.data = request;
        uv_buf_t buffer = uv_buf_init(request->text.data(), static_cast<unsigned>(request->text.size()));
        const int status =
            uv_write(&request->request, reinterpret_cast<uv_stream_t*>(&input_), &buffer, 1, on_written);
        if (status != 0) delete request;  // the child has ended, which read_line() reports
    }

    std::string read_line(double max_seconds, std::size_t max_bytes) {
        max_bytes_ = max_bytes;
        const bool answered = run_until(
            [this] { return flooding() || has_line() || (ended_output_ && exit_.has_value()); }, max_seconds);
        if (flooding()) {
            kill();
            throw ChildFailure(ChildFailure::Kind::flooding,
                               fmt::format("wrote a line of more than {} bytes and was killed", max_bytes));
        }
        if (has_line()) return take_line();
        if (answered || exit_) throw ended();
        kill();
        throw ChildFailure(ChildFailure::Kind::silent,
                           fmt::format("did not answer within {:g} s and was killed", max_seconds));
    }

    void wait_for_end(double max_seconds) {
        if (!run_until([this] { return exit_.has_value(); }, max_seconds)) kill();
    }

    /// The whole group, because a script's own children would go on and keep the pipes open.
    void kill() {
        if (spawned_ && !exit_) uv_kill(-process_.pid, SIGKILL);
    }

    [[nodiscard]] int pid() const { return process_.pid; }

  private:
    struct WriteRequest {
        uv_write_t request;
        std::string text;
    };
    struct Exit {
        std::int64_t status = 0;
        int signal = 0;
    };

    [[noreturn]] static void refuse(int status) {
        throw ChildFailure(ChildFailure::Kind::not_started,
                           fmt::format("cannot be run: {}", uv_strerror(status)));
    }

    int spawn(const std::string& program, const std::vector<std::string>& arguments) {
        std::vector<std::string> texts = {program};
        texts.insert(texts.end(), arguments.begin(), arguments.end());
        std::vector<char*> pointers;
        for (std::string& text : texts)
            pointers.push_back(text.data());
        pointers.push_back(nullptr);
        std::array<uv_stdio_container_t, 3> stdio = {};
        const auto pipe_flags = [](int direction) {
            return static_cast<uv_stdio_flags>(UV_CREATE_PIPE | direction);
        };
        stdio[0] = {.flags = pipe_flags(UV_READABLE_PIPE), .data = {reinterpret_cast<uv_stream_t*>(&input_)}};
        stdio[1] = {.flags = pipe_flags(UV_WRITABLE_PIPE),
                    .data = {reinterpret_cast<uv_stream_t*>(&output_)}};
        stdio[2] = {.flags = pipe_flags(UV_WRITABLE_PIPE),
                    .data = {reinterpret_cast<uv_stream_t*>(&errors_)}};
        uv_process_options_t options = {};
        options.file = program.c_str();
        options.args = pointers.data();
        options.stdio = stdio.data();
        options.stdio_count = static_cast<int>(stdio.size());
        options.flags = UV_PROCESS_DETACHED;  // a session, and so a process group, of its own
        options.exit_cb = on_exit;
        const int status = uv_spawn(&loop_, &process_, &options);
        spawned_ = status == 0;
        return status;
    }

    void read(uv_pipe_t& pipe, uv_read_cb callback) {
        uv_read_start(reinterpret_cast<uv_stream_t*>(&pipe), on_allocate, callback);
    }

    /// False when the time was over first.
    template <typename Done>
    bool run_until(const Done& done, double max_seconds) {
        timed_out_ = false;
        const double milliseconds = std::clamp(max_seconds * 1000, 1.0, 1e12);
        uv_update_time(&loop_);
        uv_timer_start(&timer_, on_timer, static_cast<std::uint64_t>(milliseconds), 0);
        while (!done() && !timed_out_)
            uv_run(&loop_, UV_RUN_ONCE);
        uv_timer_stop(&timer_);
        return done();
    }

    /// Output from before its end may still arrive.
    [[nodiscard]] ChildFailure ended() {
        run_until([this] { return ended_output_ && ended_errors_; }, kDrainSeconds);
        std::string text = exit_->signal != 0 ? fmt::format("was killed by signal {} ({})", exit_->signal,
                                                            strsignal(exit_->signal))
                                              : fmt::format("ended with exit status {}", exit_->status);
        const std::string words = shortened(last_line(words_), kLongestWords);
        if (!words.empty()) text += fmt::format(", its last words were \"{}\"", words);
        return {ChildFailure::Kind::ended, text};
    }

    [[nodiscard]] bool has_line() const { return line_end_ != std::string::npos; }
    [[nodiscard]] bool flooding() const { return std::min(received_.size(), line_end_) > max_bytes_; }

    std::string take_line() {
        std::string line = received_.substr(0, line_end_);
        received_.erase(0, line_end_ + 1);
        line_end_ = received_.find('\n');
        return line;
    }

    void close() {
        for (uv_pipe_t* pipe : {&input_, &output_, &errors_})
            uv_close(reinterpret_cast<uv_handle_t*>(pipe), nullptr);
        uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
        if (process_.loop != nullptr) uv_close(reinterpret_cast<uv_handle_t*>(&process_), nullptr);
        uv_run(&loop_, UV_RUN_DEFAULT);
        uv_loop_close(&loop_);
    }

    // Callbacks of libuv. `data` of every handle is its Loop.

    static void on_allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        auto& chunk = static_cast<Loop*>(handle->data)->chunk_;
        *buffer = uv_buf_init(chunk.data(), static_cast<unsigned>(chunk.size()));
    }

    static void on_output(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
        Loop& self = *static_cast<Loop*>(stream->data);
        if (size < 0) {
            uv_read_stop(stream);
            self.ended_output_ = true;
            return;
        }
        const std::size_t before = self.received_.size();
        if (before > self.max_bytes_) return;  // the line is refused already
        self.received_.append(buffer->base, static_cast<std::size_t>(size));
        if (!self.has_line()) self.line_end_ = self.received_.find('\n', before);
    }

    static void on_errors(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
        Loop& self = *static_cast<Loop*>(stream->data);
        if (size < 0) {
            uv_read_stop(stream);
            self.ended_errors_ = true;
            return;
        }
        self.words_.append(buffer->base, static_cast<std::size_t>(size));
        if (self.words_.size() > kMostWords) self.words_.erase(0, self.words_.size() - kMostWords);
    }

    static void on_exit(uv_process_t* process, std::int64_t status, int signal) {
        static_cast<Loop*>(process->data)->exit_ = Exit{status, signal};
    }
    static void on_timer(uv_timer_t* timer) { static_cast<Loop*>(timer->data)->timed_out_ = true; }
    static void on_written(uv_write_t* request, int) { delete static_cast<WriteRequest*>(request->data); }

    uv_loop_t loop_ = {};
    uv_process_t process_ = {};
    uv_pipe_t input_ = {};
    uv_pipe_t output_ = {};
    uv_pipe_t errors_ = {};
    uv_timer_t timer_ = {};
    std::array<char, 65536> chunk_ = {};
    std::string received_;
    std::size_t max_bytes_ = 0;                 // limit of a line
    std::size_t line_end_ = std::string::npos;  // of the first line in received_
    std::string words_;
    std::optional<Exit> exit_;
    bool spawned_ = false;
    bool ended_output_ = false;
    bool ended_errors_ = false;
    bool timed_out_ = false;
};

ChildProcess::ChildProcess(const std::string& program, const std::vector<std::string>& arguments)
    : loop_(std::make_unique<Loop>(program, arguments)) {}

ChildProcess::~ChildProcess() = default;

std::string ChildProcess::exchange(const std::string& line, double max_seconds, std::size_t max_bytes) {
    loop_->write(line);
    return loop_->read_line(max_seconds, max_bytes);
}

void ChildProcess::finish(const std::string& line, double max_seconds) {
    loop_->write(line);
    loop_->wait_for_end(max_seconds);
}

void ChildProcess::kill() {
    loop_->kill();
}

int ChildProcess::pid() const {
    return loop_->pid();
}

}  // namespace mobilenet_cost
