#include "mobilenet_cost/engine/world.h"

namespace mobilenet_cost {

std::vector<EngineStatus> EngineWorld::engine_statuses() {
    return mobilenet_cost::engine_statuses();
}

std::shared_ptr<const Engine> EngineWorld::find_engine(const std::string& name) {
    return mobilenet_cost::find_engine(name);
}

EngineWorld& real_world() {
    static EngineWorld world;
    return world;
}

}  // namespace mobilenet_cost
