// A program with the tasks that the examples of the help name, for the test that runs these lines.
#include <string>
#include <vector>
#include <stint/stint.hpp>

using stint::arg;

STINT_MODULE(hello, m) {
  m.task("world", [](const std::string& name) { return "Hello " + name; }, {arg("name") = "World"},
         {.doc = "Greets."});
}

STINT_MODULE(images, m) {
  m.task("resize", [](const std::string& /*path*/, long width) { return width; },
         {arg("path").help("the picture"), arg("width") = 800},
         {.doc = "Makes a picture smaller."});
}

STINT_MODULE(mail, m) {
  m.task("send",
         [](const std::vector<std::string>& to, const stint::Bytes& /*text*/) { return to.size(); },
         {arg("to"), arg("text")}, {.doc = "Sends a letter."});
}

STINT_MODULE(billing, m) {
  m.task("close", [] {}, {}, {.doc = "Closes the books."});
}

int main(int argc, char** argv) { return stint::main(argc, argv, {hello, images, mail, billing}); }
