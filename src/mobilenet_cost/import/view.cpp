#include "mobilenet_cost/import/view.h"

#include <algorithm>

#include "mobilenet_cost/import/window.h"

namespace mobilenet_cost {
namespace {

template <typename AnyShape>
auto& size_of(AnyShape& shape, char axis) {
    return axis == 'n' ? shape.n : axis == 'h' ? shape.h : axis == 'w' ? shape.w : shape.c;
}

/// Atoms that follow each other in memory are one.
void append(ViewGroup& group, const Atom& atom) {
    if (atom.size == 1) return;
    if (!group.empty()) {
        Atom& last = group.back();
        if (last.axis == atom.axis && last.stride == atom.stride * atom.size) {
            last.size *= atom.size;
            last.stride = atom.stride;
            return;
        }
    }
    group.push_back(atom);
}

std::int64_t size_of(const ViewGroup& group) {
    std::int64_t size = 1;
    for (const Atom& atom : group)
        size *= atom.size;
    return size;
}

/// A part of one axis by another size: what is slower along that axis has longer steps.
std::optional<FreeView> resized_part(FreeView made, std::size_t axis, std::int64_t size) {
    const Atom part = made.view[axis].front();
    std::int64_t& whole = size_of(made.shape, part.axis);
    for (ViewGroup& group : made.view)
        for (Atom& atom : group)
            if (atom.axis == part.axis && atom.stride >= part.stride * part.size)
                atom.stride = atom.stride / part.size * size;
    made.view[axis].front().size = size;
    if (size == 1) made.view[axis].clear();
    whole = whole / part.size * size;
    return made;
}

constexpr std::int64_t kLongestRow = 1'000'000;

}  // namespace

std::optional<FreeView> resized_view(const FreeView& from, std::size_t axis, std::int64_t size) {
    const ViewGroup& group = from.view[axis];
    const auto has = [&](char letter) {
        return std::any_of(group.begin(), group.end(), [&](const Atom& atom) { return atom.axis == letter; });
    };
    if (size < 1 || has('n')) return std::nullopt;
    if (group.size() == 1) return resized_part(from, axis, size);
    std::string letters;
    for (const char letter : {'w', 'h', 'c'}) {
        const bool free = group.empty() && letters.empty() && size_of(from.shape, letter) == 1;
        if (free || has(letter)) letters += letter;
    }
    if (letters.empty() || !covers(group, from.shape, letters)) return std::nullopt;
    FreeView made = from;
    for (const char letter : letters)
        size_of(made.shape, letter) = 1;
    size_of(made.shape, letters.back()) = size;
    made.view[axis] = whole_axis(letters.back(), size);
    return made;
}

ViewGroup whole_axis(char axis, std::int64_t size) {
    if (size == 1) return {};
    return {{axis, size, 1}};
}

std::optional<View> map_view(const Shape& shape, PlainLayout layout, std::size_t rank) {
    if (rank != 3 && rank != 4) return std::nullopt;
    if (rank == 3 && shape.h != 1 && shape.w != 1) return std::nullopt;
    const MapAxes axes = map_axes(layout, rank);
    View view(rank);
    view[0] = whole_axis('n', shape.n);
    view[axes.channel] = whole_axis('c', shape.c);
    if (rank == 4) {
        view[axes.spatial[0]] = whole_axis('h', shape.h);
        view[axes.spatial[1]] = whole_axis('w', shape.w);
    } else {
        view[axes.spatial[0]] = shape.h == 1 ? whole_axis('w', shape.w) : whole_axis('h', shape.h);
    }
    return view;
}

FreeView free_view(const Dims& dims, PlainLayout layout, std::int64_t batch) {
    FreeView result;
    Shape& shape = result.shape;
    result.view.resize(dims.size());
    if (dims.size() == 4 && dims[0] == batch) {
        const MapAxes axes = map_axes(layout, 4);
        shape = {dims[0], dims[axes.spatial[0]], dims[axes.spatial[1]], dims[axes.channel]};
        result.view = *map_view(shape, layout, 4);
        return result;
    }
    // The last dimension has the channels, the others are rows and columns; the batch may be a part of the
    // first.
    shape.n = batch;
    const bool batched = dims.size() > 1 && dims[0] % std::max<std::int64_t>(batch, 1) == 0;
    if (!dims.empty()) shape.c = dims.back();
    if (!dims.empty()) result.view.back() = whole_axis('c', shape.c);
    for (std::size_t i = dims.size() - std::min<std::size_t>(dims.size(), 1); i-- > 0;) {
        const std::int64_t size = i == 0 && batched ? dims[i] / batch : dims[i];
        std::int64_t& side = shape.h > 1 || shape.w * size > kLongestRow ? shape.h : shape.w;
        ViewGroup& group = result.view[i];
        if (i == 0 && batched) group = whole_axis('n', batch);
        if (size > 1) group.push_back({&side == &shape.h ? 'h' : 'w', size, side});
        side *= size;
    }
    return result;
}

std::optional<View> reshape_view(const View& view, const Dims& dims) {
    std::vector<Atom> rest;  // the next one last
    for (auto group = view.rbegin(); group != view.rend(); ++group)
        rest.insert(rest.end(), group->rbegin(), group->rend());
    View result;
    for (const std::int64_t dim : dims) {
        ViewGroup& group = result.emplace_back();
        for (std::int64_t left = dim; left > 1;) {
            if (rest.empty()) return std::nullopt;
            Atom& next = rest.back();
            if (left % next.size == 0) {
                left /= next.size;
                append(group, next);
                rest.pop_back();
            } else if (next.size % left == 0) {
                next.size /= left;
                append(group, {next.axis, left, next.stride * next.size});
                left = 1;
            } else {
                return std::nullopt;
            }
        }
    }
    return rest.empty() ? std::optional(result) : std::nullopt;
}

View transpose_view(const View& view, const Dims& order) {
    View result;
    for (const std::int64_t axis : order)
        result.push_back(view[static_cast<std::size_t>(axis)]);
    return result;
}

bool by_pixels(const View& view, const Shape& shape) {
    ViewGroup pixels;
    for (const ViewGroup& axis :
         {whole_axis('h', shape.h), whole_axis('w', shape.w), whole_axis('c', shape.c)})
        pixels.insert(pixels.end(), axis.begin(), axis.end());
    const auto flat = reshape_view(view, {shape.n, shape.h * shape.w * shape.c});
    return flat && (*flat)[0] == whole_axis('n', shape.n) && (*flat)[1] == pixels;
}

bool covers(const ViewGroup& group, const Shape& shape, std::string_view axes) {
    std::int64_t size = 1;
    for (const char axis : axes)
        size *= size_of(shape, axis);
    return size_of(group) == size && std::all_of(group.begin(), group.end(), [&](const Atom& atom) {
               return axes.find(atom.axis) != std::string_view::npos;
           });
}

}  // namespace mobilenet_cost
