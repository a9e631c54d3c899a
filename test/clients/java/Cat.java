import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;

/** A cat, as far as this client knows it. */
@Group("animal.skai.io")
@Version("v1alpha1")
public class Cat extends CustomResource<Cat.Spec, Cat.Status> implements Namespaced {
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public static class Spec {
    public String name;
    public String mode;
    public Integer lives;
    public List<String> nicknames;
    public List<Toy> toys;
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  public static class Toy {
    public String name;
    public Integer squeaks;
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  public static class Status {
    public Integer observedGeneration;
    public List<Condition> conditions;
  }
}
