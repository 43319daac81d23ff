import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * One node of Elasticsearch on loopback, which ends by itself when nobody uses it any more.
 *
 * <p>Arguments: the folder with the modules, the folder of this node, its HTTP port, further settings. Whoever uses it has a file in the
 * node's folder `users`, named by its process id.
 */
public class Server {
  private static final int LOOKS = 3;

  public static void main(String[] words) throws Exception {
    Path home = Path.of(words[0]);
    Path folder = Path.of(words[1]);
    Settings.Builder made = settings(home, folder, words[2]);
    for (int at = 3; at < words.length; at++) {
      String[] pair = words[at].split("=", 2);
      made.put(pair[0], pair[1]);
    }
    Settings settings = made.build();
    System.setProperty("es.path.home", home.toString());
    System.setProperty("es.logs.base_path", folder.toString());
    System.setProperty("es.logs.cluster_name", "tests");
    System.setProperty("es.logs.node_name", "tests");
    LogConfigurator.registerErrorListener();
    Environment environment =
        InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), home.resolve("config"), () -> "tests");
    LogConfigurator.configure(environment, true);
    PluginsLoader plugins = PluginsLoader.createPluginsLoader(
        PluginsLoader.loadModulesBundles(environment.modulesDir()), Set.of(), Map.of(), false);
    Node node = new Node(environment, plugins);
    node.start();
    // Once is not enough: the last user may have ended while the next one was about to say that it is there.
    for (int alone = 0; alone < LOOKS; alone = used(folder.resolve("users")) ? 0 : alone + 1) {
      Thread.sleep(500);
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } finally {
      Runtime.getRuntime().halt(0);
    }
  }

  private static Settings.Builder settings(Path home, Path folder, String port) {
    return Settings.builder()
        .put("path.home", home.toString())
        .put("path.data", folder.resolve("data").toString())
        .put("path.logs", folder.toString())
        .put("cluster.name", "tests")
        .put("node.name", "tests")
        .put("discovery.type", "single-node")
        .put("http.host", "127.0.0.1")
        .put("http.port", port)
        .put("transport.host", "127.0.0.1")
        .put("transport.port", "0")
        // A developer's disk may be as full as it likes.
        .put("cluster.routing.allocation.disk.threshold_enabled", false);
  }

  private static boolean used(Path users) throws IOException {
    try (Stream<Path> files = Files.list(users)) {
      return files.map(file -> Long.parseLong(file.getFileName().toString()))
          .anyMatch(user -> ProcessHandle.of(user).isPresent());
    }
  }
}
