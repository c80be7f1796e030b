#include "mobilenet_cost/machine/peaks_cache.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/text_file.h"

namespace mobilenet_cost {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestPeaksFile = 4 << 20;  // bytes

fs::path absolute_from(const char* variable) {
    const char* value = std::getenv(variable);
    const fs::path path = value == nullptr ? "" : value;
    return path.is_absolute() ? path : fs::path();
}

void tell(const PeaksOptions& options, const std::string& text) {
    if (options.note) options.note(text);
}

std::optional<MachinePeaks> load(const fs::path& file, const MachineFingerprint& fingerprint,
                                 const PeaksOptions& options) {
    std::error_code unreadable;
    if (!fs::exists(file, unreadable)) return std::nullopt;
    try {
        const StoredPeaks stored = parse_stored_peaks(read_text_file(file, kLargestPeaksFile), file.string());
        if (stored.fingerprint != fingerprint) {
            tell(options, fmt::format("{} is of another machine or build; measuring again", file.string()));
            return std::nullopt;
        }
        if (stored.peaks.rounds_asked < options.settings.rounds) return std::nullopt;
        return stored.peaks;
    } catch (const Error& error) {
        tell(options, fmt::format("{}; measuring again", error.what()));
        return std::nullopt;
    }
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Why it was not written, or nothing.
std::string write_whole(const fs::path& file, const std::string& text) {
    std::unique_ptr<std::FILE, CloseFile> stream(std::fopen(file.c_str(), "wb"));
    if (stream == nullptr) return std::strerror(errno);
    const bool written = std::fwrite(text.data(), 1, text.size(), stream.get()) == text.size();
    if (!written || std::fclose(stream.release()) != 0) return std::strerror(errno);
    return "";
}

/// Under a name of its own, then renamed: a reader finds the old file, the new one, or none.
void store(const fs::path& file, const StoredPeaks& stored, const PeaksOptions& options) {
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    const fs::path temporary = fmt::format("{}.{}.tmp", file.string(), getpid());
    std::string problem = error ? error.message() : write_whole(temporary, stored_peaks_text(stored));
    if (problem.empty()) {
        fs::rename(temporary, file, error);
        if (error) problem = error.message();
    }
    if (problem.empty()) return;
    fs::remove(temporary, error);
    tell(options,
         fmt::format("warning: {} cannot be written ({}): the peaks will be measured again next time",
                     file.string(), problem));
}

}  // namespace

fs::path cache_folder() {
    fs::path base = absolute_from("XDG_CACHE_HOME");
    if (base.empty()) {
        base = absolute_from("HOME");
        if (base.empty()) return {};
        base /= ".cache";
    }
    return base / "mobilenet-cost";
}

std::string peaks_file_name(const MachineFingerprint& fingerprint) {
    return fmt::format("peaks-{}.json", fingerprint_hash(fingerprint));
}

MachinePeaks load_or_measure_peaks(const PeaksOptions& options, const MachineFingerprint& fingerprint) {
    const fs::path folder = options.folder ? *options.folder : cache_folder();
    const fs::path file = folder.empty() ? fs::path() : folder / peaks_file_name(fingerprint);
    if (!file.empty() && !options.refresh) {
        if (const auto peaks = load(file, fingerprint, options)) return *peaks;
    }
    MachinePeaks peaks = options.measure(options.settings);
    if (!file.empty()) store(file, {fingerprint, peaks}, options);
    return peaks;
}

MachinePeaks load_or_measure_peaks(const PeaksOptions& options) {
    return load_or_measure_peaks(options, fingerprint_of(read_machine(), build_info()));
}

}  // namespace mobilenet_cost
