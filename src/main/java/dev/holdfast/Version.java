package dev.holdfast;

import picocli.CommandLine.IVersionProvider;

/** What the jar says it is. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    String version = Main.class.getPackage().getImplementationVersion();
    return new String[] {"holdfast " + (version == null ? "(built from source)" : version)};
  }
}
