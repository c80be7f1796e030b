#include <exception>
#include <iostream>

#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/model/network.h"

namespace mc = mobilenet_cost;

/// Reads a model file of the installed tree and prints one line about its base network.
int main(int argc, char** argv) try {
    if (argc != 2) {
        std::cerr << "usage: consumer MODEL.json\n";
        return 2;
    }
    const mc::ModelConfig config = mc::load_model_config(argv[1]);
    const mc::Network network = mc::expand(config, mc::Variant{.alpha = 1, .resolution = config.resolution});
    std::cout << config.name << " 1.0 " << config.resolution.height << ": " << mc::total_cost(network).macs
              << " MACs in " << network.layers.size() << " layers\n";
    return 0;
} catch (const std::exception& error) {
    std::cerr << "consumer: " << error.what() << "\n";
    return 1;
}
