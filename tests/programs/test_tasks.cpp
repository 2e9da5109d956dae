// A program with a task for every way in which a command can end, for the tests of the command
// line.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>
#include <stint/stint.hpp>

using namespace std::chrono_literals;
using stint::arg;

namespace {

stint::json echo(const std::string& text, long count, bool loud, const std::vector<int>& sizes,
                 const std::string& level, const std::optional<double>& ratio,
                 std::chrono::milliseconds pause) {
  stint::json result{{"text", text},   {"count", count}, {"loud", loud},
                     {"sizes", sizes}, {"level", level}, {"pause_ms", pause.count()}};
  result["ratio"] = ratio ? stint::json(*ratio) : stint::json();
  return result;
}

std::string describe_bytes(const stint::Bytes& data) {
  std::string result;
  for (const char c : data.view()) {
    result += fmt::format("{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return result;
}

void fail(const std::string& message) {
  try {
    throw std::runtime_error{"the inner cause"};
  } catch (const std::runtime_error&) {
    std::throw_with_nested(std::runtime_error{message});
  }
}

void write_log(stint::Job& job) {
  job.log().info("first line");
  job.log().warning("second line\x1b[31m");
  job.progress(0.5, "half way");
}

void print(stint::Job& job) {
  std::cout << "printed\x1b[2J\n";
  std::cerr << "complained\n";
  job.log().info("logged");
}

// Says that it runs and does not look at its stop token.
void ignore_stop() {
  std::cerr << "ignoring\n";
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < end) {
  }
}

// The file `begun` in the working folder says that it runs, whatever becomes of its output.
void wait_for_stop(stint::Job& job) {
  std::cerr << "waiting\n";
  std::ofstream{"begun"} << "begun\n";
  job.sleep_for(60s);
}

int exit_with(int code) { return code; }

void greet(const std::string& name, bool loud) {
  std::cout << "Hello " << name << (loud ? "!\n" : "\n");
}

}  // namespace

STINT_MODULE(t, m) {
  m.task("echo", echo,
         {arg("text").help("any text").short_flag('t') = "x", arg("count") = 1, arg("loud") = false,
          arg("sizes").optional(), arg("level").one_of("low", "high") = "low", arg("ratio"),
          arg("pause") = 0ms},
         {.doc = "Returns its arguments."});
  m.task("double", [](long a) { return a * 2; }, {arg("a").help("a number")});
  m.task("bytes", describe_bytes, {arg("data")});
  m.task("fail", fail, {arg("message") = "it failed"});
  m.task("reject", [] { throw stint::Reject{"never again"}; });
  m.task("snooze", [] { throw stint::Snooze{5min}; });
  m.task("throw_int", [] { throw 7; });
  m.task("die", [] { std::abort(); });
  m.task("log", write_log);
  m.task("print", print);
  m.task("ignore_stop", ignore_stop);
  m.task("wait", wait_for_stop);
  m.task("enqueue",
         [](stint::Client& client) { return client.enqueue("t.double", {{"a", 21}}).id().value; });
  m.task("mail", [] {}, {}, {.domain = "mail", .priority = 7});
  m.command("greet", greet, {arg("name").help("who") = "World", arg("loud") = false},
            {.doc = "Greets."});
  m.command("exit-with", exit_with, {arg("code")});
  m.command("wait-forever", wait_for_stop);
  m.command("break", [] { throw std::runtime_error{"broken"}; });
}

int main(int argc, char** argv) { return stint::main(argc, argv, {t}); }
