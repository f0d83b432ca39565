package dev.holdfast;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What the build wrote into the jar. */
final class Version implements IVersionProvider {

  private static final String WRITTEN_BY_MAVEN =
      "/META-INF/maven/dev.holdfast/holdfast/pom.properties";

  @Override
  public String[] getVersion() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream(WRITTEN_BY_MAVEN)) {
      if (in != null) {
        properties.load(in);
      }
    }
    return new String[] {"holdfast " + properties.getProperty("version", "(not packaged)")};
  }
}
