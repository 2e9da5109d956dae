#include "support/redis_server.hpp"
#include <sys/time.h>
#include <memory>
#include <stdexcept>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include "support/postgres_server.hpp"

namespace stint::test {
namespace {

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};

std::string usual_name(std::string_view name) { return fmt::format("{}-server", name); }

std::string program_of(std::string_view name) {
  std::string missing;
  const auto program = server_program(name, usual_name(name), missing);
  if (!program) throw std::runtime_error{missing};
  return *program;
}

std::string text_of(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_NIL:
      return "(nil)";
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_ERROR:
      return "(error) " + std::string{reply.str, static_cast<std::size_t>(reply.len)};
    case REDIS_REPLY_ARRAY: {
      std::string lines;
      for (std::size_t i = 0; i < reply.elements; ++i) {
        if (i > 0) lines += '\n';
        lines += text_of(*reply.element[i]);
      }
      return lines;
    }
    default:
      return {reply.str, static_cast<std::size_t>(reply.len)};
  }
}

}  // namespace

bool RedisServer::is_installed(std::string_view name, std::string& missing) {
  return server_program(name, usual_name(name), missing).has_value();
}

RedisServer::RedisServer(const Options& options)
    : port_(PostgresServer::free_port()), process_(process_options(options)) {
  process_.start();
}

ServerProcess::Options RedisServer::process_options(const Options& options) const {
  ServerProcess::Options result{.program = program_of(options.name), .folder = folder_.path()};
  result.arguments = {"--port", std::to_string(port_),   "--bind", "127.0.0.1",
                      "--dir",  folder_.path().string(), "--save", ""};
  if (options.settings.empty()) {
    result.arguments.insert(result.arguments.end(),
                            {"--appendonly", "yes", "--appendfsync", "always"});
  }
  result.arguments.insert(result.arguments.end(), options.settings.begin(), options.settings.end());
  result.answers = [port = port_] {
    try {
      const std::string answer = run(port, {"PING"});
      return answer == "PONG" || answer.starts_with("(error) NOAUTH");
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  result.has_fake_clock = options.has_fake_clock;
  return result;
}

std::string RedisServer::url() const { return fmt::format("redis://127.0.0.1:{}", port_); }

std::string RedisServer::run(const std::vector<std::string>& words,
                             std::chrono::milliseconds limit) const {
  return run(port_, words, limit);
}

std::string RedisServer::run(int port, const std::vector<std::string>& words,
                             std::chrono::milliseconds limit) {
  const timeval wait{.tv_sec = limit.count() / 1000, .tv_usec = limit.count() % 1000 * 1000};
  const std::unique_ptr<redisContext, FreeContext> context{
      redisConnectWithTimeout("127.0.0.1", port, wait)};
  if (!context || context->err != 0 || redisSetTimeout(context.get(), wait) != REDIS_OK) {
    throw std::runtime_error{fmt::format("no Redis at port {}", port)};
  }
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  const std::unique_ptr<void, FreeReply> reply{
      redisCommandArgv(context.get(), static_cast<int>(words.size()), texts.data(), sizes.data())};
  if (!reply) throw std::runtime_error{context->errstr};
  return text_of(*static_cast<const redisReply*>(reply.get()));
}

}  // namespace stint::test
