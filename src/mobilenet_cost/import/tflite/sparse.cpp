#include "mobilenet_cost/import/tflite/sparse.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <fmt/format.h>

namespace mobilenet_cost {
namespace {

/// Numbers of one of three widths.
std::vector<std::int64_t> numbers_in(const void* table, tflite::SparseIndexVector type) {
    const auto copied = [](const auto* values) {
        std::vector<std::int64_t> numbers;
        if (values != nullptr) numbers.assign(values->begin(), values->end());
        return numbers;
    };
    if (table == nullptr) return {};
    switch (type) {
        case tflite::SparseIndexVector::Int32Vector:
            return copied(static_cast<const tflite::Int32Vector*>(table)->values());
        case tflite::SparseIndexVector::Uint16Vector:
            return copied(static_cast<const tflite::Uint16Vector*>(table)->values());
        case tflite::SparseIndexVector::Uint8Vector:
            return copied(static_cast<const tflite::Uint8Vector*>(table)->values());
        default:
            return {};
    }
}

/// One dimension of those that the places run through, the outermost first.
struct Level {
    std::size_t axis = 0;   ///< of the tensor
    std::int64_t size = 1;  ///< places
    std::int64_t step = 1;  ///< of the tensor's axis, from one place to the next
    bool is_dense = true;   ///< every place has values; otherwise those of `places`
    std::vector<std::int64_t>
        segments;  ///< for each place of the level before, where its own begin; and the end
    std::vector<std::int64_t> places;
};

/// TensorFlow Lite's format of sparse tensors: dimensions in some order, those of the tensor before those of
/// blocks that some of them are cut into (tensorflow/lite/schema/schema.fbs, SparsityParameters).
class Densifier {
  public:
    Densifier(const PlainGraph& graph, const PlainTensor& tensor, std::string_view stored, std::size_t size)
        : graph_(graph), tensor_(tensor), stored_(stored), size_(size), place_(tensor.dims->size(), 0) {}

    std::string run(const tflite::SparsityParameters& sparsity) {
        read(sparsity);
        strides_.assign(tensor_.dims->size(), 1);
        for (std::size_t axis = strides_.size(); axis-- > 1;)
            strides_[axis - 1] = strides_[axis] * (*tensor_.dims)[axis];
        const std::int64_t count = element_count(graph_, tensor_);
        steps_left_ = count * static_cast<std::int64_t>(levels_.size());
        dense_.assign(static_cast<std::size_t>(count) * size_, '\0');
        fill(0, 0);
        expect(used_ == stored_.size());
        return std::move(dense_);
    }

  private:
    void expect(bool holds) const {
        if (!holds)
            fail_at(
                graph_, tensor_,
                fmt::format("expected places of sparse values inside {}, as many as there are, found others",
                            dims_text(*tensor_.dims)));
    }

    void read(const tflite::SparsityParameters& sparsity) {
        const std::size_t rank = tensor_.dims->size();
        const auto* const order = sparsity.traversal_order();
        const auto* const dimensions = sparsity.dim_metadata();
        const auto* const blocks = sparsity.block_map();
        const std::size_t block_count = blocks == nullptr ? 0 : blocks->size();
        expect(order != nullptr && dimensions != nullptr && order->size() == rank + block_count &&
               dimensions->size() == order->size() && block_count <= rank);
        std::vector<bool> seen(order->size(), false);
        for (flatbuffers::uoffset_t i = 0; i < order->size(); ++i) {
            const auto which = static_cast<std::size_t>(order->Get(i));
            expect(which < seen.size() && !seen[which] && (which < rank) == (i < rank));
            seen[which] = true;
            Level& level = levels_.emplace_back();
            if (which >= rank) expect(blocks->Get(static_cast<flatbuffers::uoffset_t>(which - rank)) >= 0);
            level.axis = which < rank ? which
                                      : static_cast<std::size_t>(
                                            blocks->Get(static_cast<flatbuffers::uoffset_t>(which - rank)));
            expect(level.axis < rank);
            read_level(*dimensions->Get(i), level);
        }
        set_sizes(rank);
    }

    static void read_level(const tflite::DimensionMetadata& from, Level& level) {
        level.is_dense = from.format() == tflite::DimensionType::DENSE;
        level.size = from.dense_size();
        if (level.is_dense) return;
        level.segments = numbers_in(from.array_segments(), from.array_segments_type());
        level.places = numbers_in(from.array_indices(), from.array_indices_type());
    }

    /// An axis is all of its level, or as many blocks as fit, each a level of its own.
    void set_sizes(std::size_t rank) {
        for (std::size_t i = 0; i < rank; ++i) {
            Level& outer = levels_[i];
            const std::int64_t whole = (*tensor_.dims)[outer.axis];
            for (std::size_t j = rank; j < levels_.size(); ++j) {
                if (levels_[j].axis != outer.axis) continue;
                expect(outer.step == 1 && levels_[j].is_dense && levels_[j].size >= 1);
                outer.step = levels_[j].size;
            }
            expect(whole % outer.step == 0);
            if (outer.is_dense) expect(outer.size == whole / outer.step);
            outer.size = whole / outer.step;
        }
    }

    /// `before`: which of the places of the level before, over all of it.
    void fill(std::size_t depth, std::size_t before) {
        if (depth == levels_.size()) return put();
        const Level& level = levels_[depth];
        if (level.is_dense) {
            for (std::int64_t i = 0; i < level.size; ++i)
                enter(depth, i, before * static_cast<std::size_t>(level.size) + static_cast<std::size_t>(i));
            return;
        }
        expect(before + 1 < level.segments.size());
        const std::int64_t begin = level.segments[before];
        const std::int64_t end = level.segments[before + 1];
        expect(begin >= 0 && begin <= end && end <= static_cast<std::int64_t>(level.places.size()));
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t place = level.places[static_cast<std::size_t>(i)];
            expect(place >= 0 && place < level.size);
            enter(depth, place, static_cast<std::size_t>(i));
        }
    }

    void enter(std::size_t depth, std::int64_t place, std::size_t before) {
        const Level& level = levels_[depth];
        expect(steps_left_-- > 0);  // segments that overlap
        place_[level.axis] += place * level.step;
        fill(depth + 1, before);
        place_[level.axis] -= place * level.step;
    }

    void put() {
        expect(size_ <= stored_.size() - used_);
        std::int64_t index = 0;
        for (std::size_t axis = 0; axis < place_.size(); ++axis)
            index += place_[axis] * strides_[axis];
        std::memcpy(dense_.data() + static_cast<std::size_t>(index) * size_, stored_.data() + used_, size_);
        used_ += size_;
    }

    const PlainGraph& graph_;
    const PlainTensor& tensor_;
    std::string_view stored_;
    std::size_t size_;
    std::size_t used_ = 0;
    std::int64_t steps_left_ = 0;
    std::vector<Level> levels_;
    std::vector<std::int64_t> place_;
    std::vector<std::int64_t> strides_;
    std::string dense_;
};

}  // namespace

std::string dense_values(const PlainGraph& graph, const PlainTensor& tensor,
                         const tflite::SparsityParameters& sparsity, std::string_view stored,
                         std::size_t size) {
    return Densifier(graph, tensor, stored, size).run(sparsity);
}

}  // namespace mobilenet_cost
