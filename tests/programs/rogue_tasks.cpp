// A program whose tasks misbehave in every way that a process can, for the tests of slot processes.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#include <stint/stint.hpp>

using namespace std::chrono_literals;
using stint::arg;

namespace {

// Append a process's number to the file `processes` of the working folder.
void note_process(pid_t process) { std::ofstream{"processes", std::ios::app} << process << "\n"; }

[[noreturn]] void spin() {
  for (;;) asm volatile("");
}

[[noreturn]] void sleep_on() {
  for (;;) ::pause();
}

// The file `begun` says that it runs, whatever becomes of its output.
void say_begun() { std::ofstream{"begun"} << "begun\n"; }

void segfault() {
  volatile int* volatile nowhere = nullptr;  // else the compiler takes it for impossible
  *nowhere = 1;
}

struct ThrowsAtItsEnd {
  ~ThrowsAtItsEnd() noexcept(false) { throw std::runtime_error{"from a destructor"}; }
};

void throw_twice() {
  const ThrowsAtItsEnd thrower;
  throw std::runtime_error{"the first"};
}

void close_everything() {
  for (int descriptor = 0; descriptor < 256; ++descriptor) ::close(descriptor);
}

// Into whatever is open: the connection to the worker is among it.
void write_garbage() {
  const char text[] = "\x07 this is no message";
  for (int descriptor = 3; descriptor < 64; ++descriptor) {
    static_cast<void>(::write(descriptor, text, sizeof text));
  }
  sleep_on();
}

void ignore_everything() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  say_begun();
  spin();
}

// A child, a child that ignores SIGTERM, and one that detaches itself.
void leave_children() {
  for (const bool is_deaf : {false, true}) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (is_deaf) std::signal(SIGTERM, SIG_IGN);
      note_process(::getpid());
      sleep_on();
    }
  }
  if (::fork() == 0) {
    ::setsid();
    if (::fork() == 0) {
      note_process(::getpid());
      sleep_on();
    }
    ::_exit(0);
  }
  note_process(::getpid());
}

void leave_children_and_hang() {
  leave_children();
  say_begun();
  ignore_everything();
}

void leave_children_and_die() {
  leave_children();
  ::raise(SIGKILL);
}

// The copy runs on in the library's code, with its lock held by nobody who could free it.
void fork_while_locked() {
  static std::mutex mutex;
  std::promise<void> locked;
  std::promise<void> forked;
  std::thread holder{[&] {
    const std::lock_guard lock{mutex};
    locked.set_value();
    forked.get_future().wait();
  }};
  locked.get_future().wait();
  if (::fork() == 0) {
    holder.detach();  // there is no such thread in the copy
    return;
  }
  forked.set_value();
  holder.join();
}

std::vector<std::string> take_memory(std::size_t megabytes) {
  std::vector<std::string> kept;
  kept.reserve(megabytes);
  for (std::size_t i = 0; i < megabytes; ++i) kept.emplace_back(std::size_t{1} << 20, 'x');
  return kept;
}

std::size_t hog(std::size_t megabytes) { return take_memory(megabytes).size(); }

// By programs below it: its own limit does not see them.
void hog_in_a_child() {
  if (::fork() == 0) {
    rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_DATA, &none);
    const auto kept = take_memory(200);
    sleep_on();
  }
  sleep_on();
}

stint::json look_around() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const char* home = std::getenv("HOME");
  const char* path = std::getenv("PATH");
  return {{"folder", std::filesystem::current_path().string()},
          {"umask", mask},
          {"files", files.rlim_cur},
          {"has_home", home != nullptr},
          {"has_path", path != nullptr}};
}

void print_all_ways() {
  std::printf("by printf\n");
  std::fflush(stdout);
  std::cout << "by cout\n" << std::flush;
  std::cerr << "by cerr\n";
  static_cast<void>(std::system("echo by a child; echo to error by a child >&2"));
  std::printf("no line end");
}

void print_and_die() {
  std::printf("flushed before the end\nand a part");
  std::fflush(stdout);
  ::raise(SIGKILL);
}

std::size_t print_much(std::size_t megabytes) {
  const std::string line = std::string(1023, 'y') + "\n";
  for (std::size_t i = 0; i < megabytes * 1024; ++i) std::cout << line;
  return megabytes;
}

// Mostly nothing, so that many go together.
void act(stint::Job& job, const std::string& what) {
  std::ofstream{"executions", std::ios::app} << job.id().value << "\n";
  if (what == "print") std::cout << "printed by " << job.id().value << "\n";
  if (what == "log") job.log().info("logged by {}", job.id().value);
  if (what == "close") ::close(STDOUT_FILENO);
  if (what == "segfault") segfault();
  if (what == "ignore") ignore_everything();
  if (what == "sleep") job.sleep_for(50ms);
  if (what == "leave" && ::fork() == 0) sleep_on();
}

struct Shared {
  int uses = 0;
};

}  // namespace

STINT_MODULE(r, m) {
  m.context<Shared>();
  m.task("pid", [] { return ::getpid(); });
  m.task("add", [](int a, int b) { return a + b; }, {arg("a"), arg("b") = 1});
  m.task("bytes",
         [](const stint::Bytes& data) { return stint::Bytes{std::string{data.view()} + "!"}; },
         {arg("data")});
  m.task("context", [](Shared& shared) { return ++shared.uses; });
  m.task("setting",
         [](const stint::Settings& settings) { return settings.get<std::string>("rogue.secret"); });
  m.setting<std::string>("rogue.secret").help("for the test");
  m.task("children",
         [](stint::Job& job) {
           job.enqueue("r.add", {{"a", 1}});
           if (job.attempt() == 1) throw std::runtime_error{"once more"};
           return job.attempt();
         },
         {}, {.retry = {.max_attempts = 2, .backoff = 1ms}});
  m.task("unknown_child", [](stint::Job& job) { job.enqueue("r.no_such_task"); });
  m.task("talk", [](stint::Job& job) {
    job.log().info("begin");
    job.progress(0.25, "a quarter");
    job.set_output("kept");
    throw std::runtime_error{"as asked"};
  });
  m.task("segfault", segfault);
  m.task("abort", [] { std::abort(); });
  m.task("exit", [] { ::_exit(0); });
  m.task("kill", [] { ::raise(SIGKILL); });
  m.task("throw_twice", throw_twice);
  m.task("close_everything", close_everything);
  m.task("write_garbage", write_garbage);
  m.task("fork_while_locked", fork_while_locked);
  m.task("ignore", ignore_everything);
  m.task("ignore_for_short", ignore_everything, {}, {.timeout = 100ms});
  m.task("hang_with_children", leave_children_and_hang);
  m.task("die_with_children", leave_children_and_die);
  m.task("stop", [](stint::Job& job) {
    say_begun();
    job.sleep_for(60s);
  });
  m.task("hog", hog, {arg("megabytes") = 400}, {.max_memory = 64 << 20});
  m.task("hog_in_a_child", hog_in_a_child, {}, {.max_memory = 64 << 20});
  m.task("spin", spin, {}, {.max_cpu = 1s});
  m.task("look_around", look_around);
  m.task("look_around_limited", look_around, {},
         {.max_descriptors = 100,
          .no_new_privileges = true,
          .umask = 027,
          .working_directory = "/",
          .environment = std::vector<std::string>{"PATH"}});
  m.task("act", act, {arg("what")});
  m.task("print", print_all_ways);
  m.task("print_and_die", print_and_die);
  m.task("print_much", print_much, {arg("megabytes") = 20});
}

int main(int argc, char** argv) { return stint::main(argc, argv, {r}); }
