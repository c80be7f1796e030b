#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "mobilenet_cost/machine/machine_json.h"
#include "mobilenet_cost/machine/roofline_measure.h"

namespace mobilenet_cost {

struct PeaksOptions {
    bool refresh = false;  ///< measure even if there are stored peaks
    PeakSettings settings;
    /// Folder of the stored peaks; absent: cache_folder(). An empty path: nothing is stored.
    std::optional<std::filesystem::path> folder;
    std::function<void(const std::string&)> note;  ///< told what kept the cache from being used; may be empty
    std::function<MachinePeaks(const PeakSettings&)> measure = measure_peaks;  ///< tests have their own
};

/// $XDG_CACHE_HOME/mobilenet-cost, else ~/.cache/mobilenet-cost (XDG Base Directory Specification: a relative
/// path counts as none); empty if there is neither.
[[nodiscard]] std::filesystem::path cache_folder();

/// Name of the file for this machine and build.
[[nodiscard]] std::string peaks_file_name(const MachineFingerprint& fingerprint);

/// This machine's peaks: stored ones of an equal fingerprint and at least as many rounds, otherwise measured
/// and stored. A stored file that cannot be used, or a folder that cannot be written, is a note and no
/// failure.
[[nodiscard]] MachinePeaks load_or_measure_peaks(const PeaksOptions& options = {});

/// The same for any fingerprint.
[[nodiscard]] MachinePeaks load_or_measure_peaks(const PeaksOptions& options,
                                                 const MachineFingerprint& fingerprint);

}  // namespace mobilenet_cost
