// The lock's contract against every backend of it.
#include "stint/contract/lock_contract.hpp"
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include "backends/consul/consul_backend.hpp"
#include "backends/dummy/dummy_lock.hpp"
#include "backends/flock/flock_lock.hpp"
#include "base/uuid.hpp"
#include "support/server_process.hpp"
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

// What `./dev up` has started; a server that is missing is the obstacle.
std::function<std::string()> missing_server(const std::string& name) {
  return [name] {
    std::string missing;
    test::server_address(name, missing);
    return missing;
  };
}

LockClients consul_clients() {
  std::string missing;
  const std::string url = test::server_address("consul", missing).value_or("");
  const Settings settings = load_settings(LoadOptions{
      .toml = "[one_instance.consul]\nurl = \"" + url + "\"\n", .use_environment = false});
  const std::string key = "stint-test/" + random_uuid();
  return [settings, key] {
    return make_consul_lock({.settings = settings, .table = "one_instance.consul", .key = key});
  };
}

INSTANTIATE_TEST_SUITE_P(Flock, LockContract,
                         testing::Values(LockPlace{.name = "flock", .make_lock = flock_clients}));
INSTANTIATE_TEST_SUITE_P(Dummy, LockContract,
                         testing::Values(LockPlace{.name = "dummy", .make_lock = [] {
                                                     return [] { return make_dummy_lock({}); };
                                                   }}));

INSTANTIATE_TEST_SUITE_P(Consul, LockContract,
                         testing::Values(LockPlace{.name = "consul",
                                                   .make_lock = consul_clients,
                                                   .find_obstacle = missing_server("consul")}));

}  // namespace
}  // namespace stint::contract
