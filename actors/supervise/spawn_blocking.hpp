// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/supervise/adapters.hpp"

#include <caf/spawn_options.hpp>

#include <utility>

namespace matricula {

/// Spawns an actor that calls a blocking adapter: on a thread of its own, unless the deployment's adapters
/// are doubles.
template <class Spawner, class F, class... Ts>
auto spawn_blocking(Spawner& spawner, const deployment& deployment, F fun, Ts&&... arguments) {
  return deployment.adapters.detached
             ? spawner.template spawn<caf::detached>(fun, std::forward<Ts>(arguments)...)
             : spawner.spawn(fun, std::forward<Ts>(arguments)...);
}

}  // namespace matricula
