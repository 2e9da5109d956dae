#include "app/slot_main.hpp"
#include <memory>
#include <utility>
#include "app/environment.hpp"
#include "app/worker_setup.hpp"
#include "backends/sqlite/backend.hpp"
#include "config/settings_transfer.hpp"
#include "process/channel.hpp"
#include "runtime/slot_server.hpp"

namespace stint {

int run_as_slot(int channel, std::span<const ModuleDefinition> modules) {
  sqlite::refuse_memory_stores(
      "it is in the memory of the worker or runner, and this task runs in a process of its own; "
      "enqueue by job.enqueue, run tasks on threads (--isolation thread), or use sqlite:FILE");
  Channel to_worker{UniqueFd{channel}};
  return serve_slot(to_worker, [modules](const slot::Hello& hello) {
    const auto environment =
        std::make_shared<Environment>(unpack_settings(hello.settings), modules, hello.store);
    return std::shared_ptr<const RunEnvironment>{make_run_environment(environment)};
  });
}

}  // namespace stint
