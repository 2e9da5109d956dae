// The lock's contract against every backend of it.
#include "stint/contract/lock_contract.hpp"
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include "backends/consul/consul_backend.hpp"
#include "backends/dummy/dummy_lock.hpp"
#include "backends/flock/flock_lock.hpp"
#include "backends/postgres/lock.hpp"
#include "backends/redis/redis_backend.hpp"
#include "backends/sqlite/lock.hpp"
#include "base/uuid.hpp"
#include "support/server_process.hpp"
#include "support/store_place.hpp"
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

// Locks in a store of its own, whose tables are made as users make them.
LockClients store_clients(std::string_view store, const std::string& backend,
                          std::unique_ptr<LockBackend> (*make)(const BackendOptions&)) {
  std::string missing;
  const std::shared_ptr<test::StorePlace> place = test::make_store_place(store, missing);
  place->open_schema()->migrate();
  const std::string table = "one_instance." + backend;
  const Settings settings = load_settings(LoadOptions{
      .toml = "[" + table + "]\nurl = \"" + place->url() + "\"\n", .use_environment = false});
  return [place, settings, table, make] {
    return make({.settings = settings, .table = table, .key = "stint/a.b"});
  };
}

LockClients sqlite_clients() { return store_clients("sqlite", "sqlite", sqlite::make_sqlite_lock); }
LockClients postgres_clients() {
  return store_clients("postgres", "postgresql", postgres::make_postgres_lock);
}

std::string missing_postgres() {
  std::string missing;
  test::make_store_place("postgres", missing);
  return missing;
}

INSTANTIATE_TEST_SUITE_P(Sqlite, LockContract,
                         testing::Values(LockPlace{.name = "sqlite", .make_lock = sqlite_clients}));
INSTANTIATE_TEST_SUITE_P(Postgresql, LockContract,
                         testing::Values(LockPlace{.name = "postgresql",
                                                   .make_lock = postgres_clients,
                                                   .find_obstacle = missing_postgres}));
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

// Without the guard, whose time nobody has after `./dev up`.
LockPlace redis_place(const std::string& server) {
  const auto make_lock = [server]() -> LockClients {
    std::string missing;
    const std::string url = test::server_address(server, missing).value_or("");
    const Settings settings = load_settings(
        LoadOptions{.toml = "[one_instance.redis]\nrestart_guard = false\nurl = \"" + url + "\"\n",
                    .use_environment = false});
    return [settings, key = "stint-test/" + random_uuid()] {
      return make_redis_lock({.settings = settings, .table = "one_instance.redis", .key = key});
    };
  };
  return {.name = server, .make_lock = make_lock, .find_obstacle = missing_server(server)};
}

INSTANTIATE_TEST_SUITE_P(Redis, LockContract,
                         testing::Values(redis_place("redis"), redis_place("valkey")));

}  // namespace
}  // namespace stint::contract
