/// A schema of the bench's own on the server, and the server's processes.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include "meter.hpp"

namespace stint::bench {

/// Name a schema that no other run uses; drop it, if somebody made it, with the last copy.
class PgSchema final {
 public:
  /// Connects to see what server it is. Throws if it cannot be reached.
  PgSchema(std::string url, std::string_view role);

  const std::string& url() const { return state_->url; }
  /// A plain name that needs no quotes.
  const std::string& name() const { return state_->name; }
  const std::optional<ServerProcesses>& server() const { return state_->server; }

 private:
  struct State {
    std::string url;
    std::string name;
    std::optional<ServerProcesses> server;
    ~State();
  };
  std::shared_ptr<State> state_;
};

}  // namespace stint::bench
