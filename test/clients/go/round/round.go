// Package round has what the Go clients share: the steps of a round and the cats that they are about.
package round

import (
	"fmt"
	"os"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Patience is how long a round waits for what must come.
const Patience = 30 * time.Second

// Connect reads the kubeconfig file that KUBECONFIG names, and the namespace from the first argument.
func Connect() (*rest.Config, string) {
	if len(os.Args) != 2 {
		fail("arguments", fmt.Errorf("usage: KUBECONFIG=file %s namespace", os.Args[0]))
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		fail("kubeconfig", err)
	}
	config.Timeout = Patience
	// A round must not wait for its own client.
	config.QPS = -1
	return config, os.Args[1]
}

// Step does one step and prints it. The first that fails ends the program.
func Step(what string, do func() error) {
	if err := do(); err != nil {
		fail(what, err)
	}
	fmt.Println("ok:", what)
}

func fail(what string, err error) {
	fmt.Printf("failed: %s: %v\n", what, err)
	os.Exit(1)
}

// Equal says what differs.
func Equal[T comparable](what string, got, want T) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("%s is %v, not %v", what, got, want)
}

// First gives the first error there is.
func First(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Refused checks that a request was refused, with a reason and with words in its message.
func Refused(err error, reason metav1.StatusReason, words string) error {
	if err == nil {
		return fmt.Errorf("was not refused as %s", reason)
	}
	if apierrors.ReasonForError(err) != reason || !strings.Contains(err.Error(), words) {
		return fmt.Errorf("was refused with %s %q, not with %s %q", apierrors.ReasonForError(err), err, reason, words)
	}
	return nil
}

// HasCause checks that a refusal names a field among its causes.
func HasCause(err error, kind metav1.CauseType, field string) error {
	status, ok := err.(apierrors.APIStatus)
	if !ok || status.Status().Details == nil {
		return fmt.Errorf("no status with details: %v", err)
	}
	for _, cause := range status.Status().Details.Causes {
		if cause.Type == kind && cause.Field == field {
			return nil
		}
	}
	return fmt.Errorf("no cause %s of %s in %+v", kind, field, status.Status().Details.Causes)
}

// Eventually waits until there is no error any more.
func Eventually(do func() error) error {
	deadline := time.Now().Add(Patience)
	for {
		err := do()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
