#pragma once

#include <string>
#include <string_view>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/machine/preflight.h"
#include "mobilenet_cost/machine/roofline.h"
#include "mobilenet_cost/machine/topology.h"

namespace mobilenet_cost {

/// What decides whether measured peaks may be used again: the same kind of machine and the same build. Coarse
/// on purpose: no measured clock, no exact memory size, no kernel version, no host name, so that two machines
/// of a class agree.
struct MachineFingerprint {
    std::string cpu;     ///< model name, vendor, family, model, stepping
    std::string cpus;    ///< how many this process may use
    std::string caches;  ///< of the first CPU
    std::string memory;  ///< next power of two
    std::string hypervisor;
    std::string build;  ///< version, compiler, flags

    bool operator==(const MachineFingerprint&) const = default;
};

[[nodiscard]] MachineFingerprint fingerprint_of(const MachineInfo& machine, const BuildInfo& build);

/// 16 hexadecimal digits that depend on every field: FNV-1a, 64 bits.
[[nodiscard]] std::string fingerprint_hash(const MachineFingerprint& fingerprint);

/// Peaks with the machine that they belong to: the file of the cache. Ends with a newline.
struct StoredPeaks {
    MachineFingerprint fingerprint;
    MachinePeaks peaks;

    bool operator==(const StoredPeaks&) const = default;
};
[[nodiscard]] std::string stored_peaks_text(const StoredPeaks& stored);

/// Throws Error naming the place for any text that stored_peaks_text() does not write.
[[nodiscard]] StoredPeaks parse_stored_peaks(std::string_view text, const std::string& place);

}  // namespace mobilenet_cost
