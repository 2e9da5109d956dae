/// The context objects that handlers take by reference.
#pragma once
#include <map>
#include <memory>
#include <typeindex>
#include <vector>
#include "base/mutex.hpp"
#include "stint/module.hpp"
#include "stint/settings.hpp"

namespace stint {

/// Make each object once, at its first use, and keep it. Thread-safe. One of these holds the
/// objects of the process; each slot has one more for those of its thread.
class Contexts final {
 public:
  /// `shared` holds the objects of the process; null in that one itself.
  Contexts(std::vector<detail::ContextDeclaration> declarations, Settings settings,
           std::shared_ptr<Contexts> shared = nullptr);

  /// Return the object of `type`. Throws what its constructor throws.
  void* get(std::type_index type);

 private:
  const std::vector<detail::ContextDeclaration> declarations_;
  const Settings settings_;
  const std::shared_ptr<Contexts> shared_;
  Mutex mutex_;
  std::map<std::type_index, std::shared_ptr<void>> objects_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint
