#include "postgres/schema.hpp"
#include <unistd.h>
#include <exception>
#include <utility>
#include <fmt/format.h>
#include "postgres/driver.hpp"

namespace stint::bench {

PgSchema::PgSchema(std::string url, std::string_view role) : state_(std::make_shared<State>()) {
  const PgConnection connection{url};
  state_->server = ServerProcesses::find(PQbackendPID(connection.get()));
  state_->url = std::move(url);
  state_->name = fmt::format("stint_bench_{}_{}", role, ::getpid());
}

PgSchema::State::~State() {
  if (name.empty()) return;
  try {
    PgConnection{url}.execute(fmt::format("drop schema if exists {} cascade", name));
  } catch (const std::exception& error) {
    fmt::print(stderr, "the schema {} may be left behind: {}\n", name, error.what());
  }
}

}  // namespace stint::bench
