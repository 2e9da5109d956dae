#include "runtime/contexts.hpp"
#include <algorithm>
#include <utility>
#include "stint/error.hpp"

namespace stint {

Contexts::Contexts(std::vector<detail::ContextDeclaration> declarations, Settings settings,
                   std::shared_ptr<Contexts> shared)
    : declarations_(std::move(declarations)),
      settings_(std::move(settings)),
      shared_(std::move(shared)) {}

void* Contexts::get(std::type_index type) {
  const auto declaration = std::ranges::find_if(
      declarations_, [&](const detail::ContextDeclaration& one) { return one.type == type; });
  if (declaration == declarations_.end()) {
    // The registry refuses such a task when the program starts.
    throw Error{ErrorCode::kInternal, "a task asks for a context that no module declares"};
  }
  if (declaration->scope == ContextScope::kPerProcess && shared_ != nullptr) {
    return shared_->get(type);
  }
  const MutexLock lock{mutex_};
  std::shared_ptr<void>& object = objects_[type];
  if (object == nullptr) object = declaration->make(settings_);
  return object.get();
}

}  // namespace stint
