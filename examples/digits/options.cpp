#include <CLI/CLI.hpp>
#include <cstdlib>

#include "options.hpp"

Options parse_options(int argc, char** argv) {
  Options options;
  options.data = std::filesystem::path(__FILE__).parent_path() / "data";
  std::string device = "cpu";
  CLI::App app("Trains a small network on handwritten digits, and shows what it makes of digits it has never seen.");
  app.add_option("--epochs", options.epochs, "passes over the training set")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  app.add_option("--batch", options.batch, "digits per step")->capture_default_str()->check(CLI::Range(1, 100000));
  app.add_option("--rate", options.rate, "learning rate of Adam")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "of the first weights and the order of the digits")->capture_default_str();
  app.add_option("--device", device, "cpu or cuda")->capture_default_str()->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--data", options.data, "folder with the four unpacked files of MNIST, or of a set like it")
      ->capture_default_str();
  app.add_option("--out", options.out, "folder for digits.safetensors and digits.png")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::exit(app.exit(e));
  }
  options.cuda = device == "cuda";
  return options;
}
