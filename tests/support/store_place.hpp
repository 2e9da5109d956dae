/// A place for one store that a test may use and that goes with it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include "core/store.hpp"

namespace stint::test {

/// A place where there is no store yet. What a test made there is removed with this object.
class StorePlace {
 public:
  virtual ~StorePlace() = default;
  virtual const StoreBackend& backend() const = 0;
  virtual std::string url() const = 0;

  std::unique_ptr<Store> open() const { return backend().open({.url = url()}); }
  std::unique_ptr<StoreSchema> open_schema() const { return backend().open_schema({.url = url()}); }
};

/// Make a place for "sqlite", "memory" or "postgres". Nothing if the server that it needs is not
/// there: why, and the command that starts it, is in `missing`.
std::unique_ptr<StorePlace> make_store_place(std::string_view backend, std::string& missing);

/// Whether a missing server is a failure: STINT_TEST_REQUIRE lists those that must be there.
bool is_required(std::string_view server);

}  // namespace stint::test
