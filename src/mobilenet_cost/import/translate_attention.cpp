// Products of two maps: a query with keys, and what comes of it with values.

#include <algorithm>

#include "mobilenet_cost/import/translator.h"

namespace mobilenet_cost {
namespace {

/// The dimensions but the last, the batch apart; of the second factor but the last two.
ViewGroup leading(const View& view, std::size_t dropped) {
    ViewGroup atoms;
    for (std::size_t i = 0; i + dropped < view.size(); ++i)
        for (const Atom& atom : view[i])
            if (atom.axis != 'n') atoms.push_back(atom);
    return atoms;
}

bool covers_axis(const ViewGroup& atoms, char axis, std::int64_t size) {
    std::int64_t product = 1;
    for (const Atom& atom : atoms)
        if (atom.axis == axis) product *= atom.size;
    return product == size;
}

ViewGroup pixels(const Shape& shape) {
    ViewGroup group = whole_axis('h', shape.h);
    const ViewGroup columns = whole_axis('w', shape.w);
    group.insert(group.end(), columns.begin(), columns.end());
    return group;
}

/// Places among so many pixels as rows and columns; false: they are none of a map so wide.
bool append_pixels(const Atom& atom, std::int64_t width, ViewGroup& group) {
    const std::int64_t end = atom.size * atom.stride;
    if (atom.stride % width == 0) {
        group.push_back({'h', atom.size, atom.stride / width});
    } else if (width % end == 0) {
        group.push_back({'w', atom.size, atom.stride});
    } else if (end % width == 0 && width % atom.stride == 0) {
        group.push_back({'h', end / width, 1});
        group.push_back({'w', width / atom.stride, atom.stride});
    } else {
        return false;
    }
    return true;
}

/// The rows of the query, as the product with the keys has them.
void to_product(View& view, const Shape& query, const Shape& keys) {
    for (ViewGroup& group : view) {
        for (Atom& atom : group) {
            if (atom.axis == 'h') atom.stride *= query.w;
            if (atom.axis == 'w') atom.axis = 'h';
            if (atom.axis == 'c') atom = {'w', atom.size, atom.stride / keys.c};
        }
    }
}

/// The rows of that product, as its product with the values has them; false: they are none of such a map.
bool to_heads(View& view, const Shape& to, const Shape& values) {
    for (ViewGroup& group : view) {
        ViewGroup made;
        for (const Atom& atom : group) {
            if (atom.axis == 'w') {
                made.push_back({'c', atom.size, atom.stride * values.c});
            } else if (atom.axis != 'h') {
                made.push_back(atom);
            } else if (!append_pixels(atom, to.w, made)) {
                return false;
            }
        }
        group = made;
    }
    return true;
}

}  // namespace

/// One that a model file says: each head of the query meets the same keys and values. The rows of the first
/// factor run through pixels and heads in any order; what comes out is a pixel for each of them, a column for
/// each head.
bool Translator::attention(const PlainNode& node) {
    const TensorValue first = value(node, 0);
    const TensorValue second = value(node, 1);
    if (first.view.size() < 2 || second.view.size() < 2 || second.block == kInputBlock ||
        first.block == kInputBlock)
        return false;
    const Shape query = shape(first);
    const Shape keys = shape(second);
    const ViewGroup rows = leading(first.view, 1);
    const ViewGroup& depth = first.view.back();
    const ViewGroup& inner = second.view[second.view.size() - 2];
    const ViewGroup& outer = second.view.back();
    if (!leading(second.view, 2).empty()) return false;
    const bool transposed = inner == whole_axis('c', keys.c) && outer == pixels(keys) &&
                            depth == whole_axis('c', keys.c) && query.c % keys.c == 0 &&
                            covers_axis(rows, 'c', query.c / keys.c) && covers_axis(rows, 'h', query.h) &&
                            covers_axis(rows, 'w', query.w);
    const BlockId like = blocks_[first.block].query;
    const bool weighted = inner == pixels(keys) && outer == whole_axis('c', keys.c) &&
                          depth == whole_axis('c', query.c) && query.c == keys.h * keys.w &&
                          like != kInputBlock && covers_axis(rows, 'h', query.h) &&
                          covers_axis(rows, 'w', query.w);
    if (!transposed && !weighted) return false;
    View view = first.view;
    view.pop_back();
    const Shape to = transposed ? query : blocks_.shape(like);
    if (transposed) to_product(view, query, keys);
    if (weighted && !to_heads(view, to, keys)) return false;
    view.push_back(whole_axis('c', transposed ? keys.h * keys.w : keys.c));
    ImportedBlock block{.kind = "matmul",
                        .inputs = {first.block, second.block},
                        .shape = transposed
                                     ? Shape{query.n, query.h * query.w, query.c / keys.c, keys.h * keys.w}
                                     : Shape{query.n, to.h, to.w, query.w * keys.c},
                        .query = transposed ? first.block : kInputBlock,
                        .like = weighted ? like : kInputBlock};
    if (transposed) block.keys["transposed"] = true;
    const BlockId id = blocks_.add(node, std::move(block));
    set(node.outputs.front(), id, std::move(view));
    return true;
}

}  // namespace mobilenet_cost
