#include "support/lock_server.hpp"
#include <optional>
#include <stdexcept>
#include <vector>
#include <fmt/format.h>
#include "backends/postgres/backend.hpp"
#include "backends/sqlite/backend.hpp"
#include "core/store.hpp"
#include "support/consul_server.hpp"
#include "support/fake_clock.hpp"
#include "support/postgres_server.hpp"
#include "support/redis_server.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {
namespace {

[[noreturn]] void refuse() { throw std::logic_error{"this cannot befall such a lock"}; }

std::string table_of(std::string_view backend, std::string_view lines) {
  return fmt::format("[one_instance]\nbackend = \"{0}\"\n[one_instance.{0}]\n{1}\n", backend,
                     lines);
}

class FlockPlace final : public LockServer {
 public:
  std::string settings(std::uint16_t /*port*/) const override {
    return table_of("flock", fmt::format("directory = \"{}/locks\"", folder_.path().string()));
  }

 private:
  TemporaryFolder folder_;
};

class SqliteLockServer final : public LockServer {
 public:
  SqliteLockServer() { sqlite::sqlite_backend().open_schema({.url = url()})->migrate(); }

  std::string settings(std::uint16_t /*port*/) const override {
    return table_of("sqlite", fmt::format("url = \"{}\"", url()));
  }

 private:
  std::string url() const { return fmt::format("sqlite:{}/jobs.db", folder_.path().string()); }

  TemporaryFolder folder_;
};

class PostgresLockServer final : public LockServer {
 public:
  explicit PostgresLockServer(const Options& options)
      : server_(PostgresServer::Options{.has_fake_clock = options.has_fake_clock}) {
    if (options.has_fake_clock) clock_.emplace(server_.folder() / "clock");
    postgres::postgres_backend().open_schema({.url = server_.url()})->migrate();
  }

  std::uint16_t port() const override { return static_cast<std::uint16_t>(server_.port()); }
  std::string settings(std::uint16_t port) const override {
    return table_of(
        "postgresql",
        fmt::format("url = \"postgresql://postgres@127.0.0.1:{}/postgres?schema=stint\"", port));
  }

  void kill() override { server_.stop(Shutdown::kImmediate); }
  void start() override { server_.start(); }
  void pause() override { server_.pause(); }
  void resume() override { server_.resume(); }
  void set_clock(std::chrono::seconds ahead) override { clock_.value().set_ahead(ahead); }
  void run_faster(std::int64_t millionths) override { clock_.value().run_faster(millionths); }

 private:
  PostgresServer server_;
  std::optional<FakeClock> clock_;
};

class RedisPlace final : public LockServer {
 public:
  RedisPlace(std::string_view name, const Options& options)
      : server_(RedisServer::Options{
            .name = std::string{name},
            .settings = options.is_lasting ? std::vector<std::string>{}
                                           : std::vector<std::string>{"--appendonly", "no"},
            .has_fake_clock = options.has_fake_clock}) {
    if (options.has_fake_clock) clock_.emplace(server_.folder() / "clock");
  }

  std::uint16_t port() const override { return static_cast<std::uint16_t>(server_.port()); }
  std::string settings(std::uint16_t port) const override {
    return table_of("redis", fmt::format("url = \"redis://127.0.0.1:{}\"", port));
  }

  void kill() override { server_.process().kill(); }
  void start() override { server_.start(); }
  void pause() override { server_.process().pause(); }
  void resume() override { server_.process().resume(); }
  void set_clock(std::chrono::seconds ahead) override { clock_.value().set_ahead(ahead); }
  void run_faster(std::int64_t millionths) override { clock_.value().run_faster(millionths); }

 private:
  RedisServer server_;
  std::optional<FakeClock> clock_;
};

class ConsulPlace final : public LockServer {
 public:
  explicit ConsulPlace(bool is_lasting)
      : server_(ConsulServer::Options{.is_lasting = is_lasting}) {}

  std::uint16_t port() const override { return static_cast<std::uint16_t>(server_.port()); }
  std::string settings(std::uint16_t port) const override {
    return table_of("consul", fmt::format("url = \"http://127.0.0.1:{}\"", port));
  }

  void kill() override { server_.process().kill(); }
  void start() override { server_.start(); }
  void pause() override { server_.process().pause(); }
  void resume() override { server_.process().resume(); }

 private:
  ConsulServer server_;
};

}  // namespace

void LockServer::kill() { refuse(); }
void LockServer::start() { refuse(); }
void LockServer::pause() { refuse(); }
void LockServer::resume() { refuse(); }
void LockServer::set_clock(std::chrono::seconds /*ahead*/) { refuse(); }
void LockServer::run_faster(std::int64_t /*millionths*/) { refuse(); }

std::unique_ptr<LockServer> make_lock_server(std::string_view name,
                                             const LockServer::Options& options,
                                             std::string& missing) {
  if (name == "flock") return std::make_unique<FlockPlace>();
  if (name == "sqlite") return std::make_unique<SqliteLockServer>();
  if (name == "postgresql") {
    if (!PostgresServer::is_installed(missing)) return nullptr;
    return std::make_unique<PostgresLockServer>(options);
  }
  if (name == "consul") {
    if (!ConsulServer::is_installed(missing)) return nullptr;
    return std::make_unique<ConsulPlace>(options.is_lasting);
  }
  if (name != "redis" && name != "valkey") throw std::logic_error{"no such lock"};
  if (!RedisServer::is_installed(name, missing)) return nullptr;
  return std::make_unique<RedisPlace>(name, options);
}

}  // namespace stint::test
