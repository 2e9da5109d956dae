/// Read the tasks that the settings declare: `[tasks."backup.nightly"]`.
#pragma once
#include <optional>
#include <string>
#include <vector>
#include "config/setting_node.hpp"
#include "core/command_task.hpp"

namespace stint {

/// Read one table below `[tasks]` and check it. Adds a line for each mistake, with its source, and
/// returns nothing if there was one.
std::optional<CommandTask> read_command_task(const std::string& name, const SettingNode& node,
                                             std::vector<std::string>& problems);

}  // namespace stint
