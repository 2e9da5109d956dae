// The lock's contract against every backend of it.
#include "stint/contract/lock_contract.hpp"
#include <filesystem>
#include <memory>
#include <string>
#include "backends/dummy/dummy_lock.hpp"
#include "backends/flock/flock_lock.hpp"
#include "support/temporary_folder.hpp"

namespace stint::contract {
namespace {

LockClients flock_clients() {
  const auto folder = std::make_shared<test::TemporaryFolder>();
  const Settings settings = load_settings(LoadOptions{
      .toml = "[one_instance.flock]\ndirectory = \"" + (folder->path() / "locks").string() + "\"\n",
      .use_environment = false});
  return [folder, settings] {
    return make_flock_lock(
        {.settings = settings, .table = "one_instance.flock", .key = "stint/a.b"});
  };
}

INSTANTIATE_TEST_SUITE_P(Flock, LockContract,
                         testing::Values(LockPlace{.name = "flock", .make_lock = flock_clients}));
INSTANTIATE_TEST_SUITE_P(Dummy, LockContract,
                         testing::Values(LockPlace{.name = "dummy", .make_lock = [] {
                                                     return [] { return make_dummy_lock({}); };
                                                   }}));

}  // namespace
}  // namespace stint::contract
