// The contract of liveness stamps against every backend that keeps some.
#include "stint/contract/liveness_contract.hpp"
#include <memory>
#include <string>
#include "backends/consul/consul_backend.hpp"
#include "backends/dummy/dummy_liveness.hpp"
#include "backends/file/file_liveness.hpp"
#include "backends/postgres/liveness.hpp"
#include "backends/redis/redis_backend.hpp"
#include "backends/sqlite/liveness.hpp"
#include "base/uuid.hpp"
#include "support/server_process.hpp"
#include "support/store_place.hpp"
#include "support/temporary_folder.hpp"

namespace stint::contract {
namespace {

BackendOptions options_of(const std::string& backend, const std::string& setting,
                          const std::string& value) {
  const std::string table = "liveness." + backend;
  return {.settings = load_settings(
              LoadOptions{.toml = "[" + table + "]\n" + setting + " = \"" + value + "\"\n",
                          .use_environment = false}),
          .table = table,
          .task = "a.b",
          .key = "stint-test/" + random_uuid()};
}

LivenessClients file_clients() {
  const auto folder = std::make_shared<test::TemporaryFolder>();
  const BackendOptions options =
      options_of("file", "directory", (folder->path() / "stamps").string());
  return [folder, options] { return make_file_liveness(options); };
}

LivenessClients consul_stamps() {
  std::string missing;
  const BackendOptions options =
      options_of("consul", "url", test::server_address("consul", missing).value_or(""));
  return [options] { return make_consul_liveness(options); };
}

// Stamps in a store of their own, whose tables are made as users make them.
LivenessPlace store_place(const std::string& store, const std::string& backend,
                          std::unique_ptr<LivenessBackend> (*make)(const BackendOptions&)) {
  return {.name = backend,
          .make_stamps = [=]() -> LivenessClients {
            std::string missing;
            const std::shared_ptr<test::StorePlace> place = test::make_store_place(store, missing);
            place->open_schema()->migrate();
            const BackendOptions options = options_of(backend, "url", place->url());
            return [place, options, make] { return make(options); };
          },
          .find_obstacle =
              [=] {
                std::string missing;
                test::make_store_place(store, missing);
                return missing;
              }};
}

INSTANTIATE_TEST_SUITE_P(Sqlite, LivenessContract,
                         testing::Values(store_place("sqlite", "sqlite",
                                                     sqlite::make_sqlite_liveness)));
INSTANTIATE_TEST_SUITE_P(Postgresql, LivenessContract,
                         testing::Values(store_place("postgres", "postgresql",
                                                     postgres::make_postgres_liveness)));
INSTANTIATE_TEST_SUITE_P(Dummy, LivenessContract,
                         testing::Values(LivenessPlace{
                             .name = "dummy",
                             .make_stamps = [] { return [] { return make_dummy_liveness({}); }; },
                             .keeps = false}));
INSTANTIATE_TEST_SUITE_P(File, LivenessContract,
                         testing::Values(LivenessPlace{.name = "file",
                                                       .make_stamps = file_clients}));
INSTANTIATE_TEST_SUITE_P(Consul, LivenessContract,
                         testing::Values(LivenessPlace{
                             .name = "consul", .make_stamps = consul_stamps, .find_obstacle = [] {
                               std::string missing;
                               test::server_address("consul", missing);
                               return missing;
                             }}));

LivenessPlace redis_stamps(const std::string& server) {
  const auto make_stamps = [server]() -> LivenessClients {
    std::string missing;
    const BackendOptions options =
        options_of("redis", "url", test::server_address(server, missing).value_or(""));
    return [options] { return make_redis_liveness(options); };
  };
  const auto find_obstacle = [server] {
    std::string missing;
    test::server_address(server, missing);
    return missing;
  };
  return {.name = server, .make_stamps = make_stamps, .find_obstacle = find_obstacle};
}

INSTANTIATE_TEST_SUITE_P(Redis, LivenessContract,
                         testing::Values(redis_stamps("redis"), redis_stamps("valkey")));

}  // namespace
}  // namespace stint::contract
