/// The task that a command names: this program's own, or one that another program has registered.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "core/registry.hpp"

namespace stint::cli {

class Context;

/// Find a task in the program, else among the store's registered ones; the store is opened only for
/// those. Throws Error kNotFound with the nearest name.
std::shared_ptr<const detail::TaskDeclaration> find_task(Context& context, std::string_view name);

/// Make the error for a task that nobody has.
Error unknown_task(std::string_view name, const std::vector<std::string>& known,
                   std::string_view way_out);

}  // namespace stint::cli
