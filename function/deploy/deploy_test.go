package deploy_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// Lambda refuses a queue whose visibility timeout is shorter than the function's, and recommends six times as much and
// the window: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html.
func TestABatchIsNotDeliveredAgainWhileItIsHandled(t *testing.T) {
	if least := 6*deploy.FunctionTimeout + deploy.BatchWindow; deploy.VisibilityTimeout < least {
		t.Errorf("the visibility timeout is %v, and must be %v at least", deploy.VisibilityTimeout, least)
	}
}

// Each step that hands over by its margin has a part of the invocation before it, so that a step which comes back from the queue
// is done and not handed over again.
func TestAnInvocationHasTimeForEachStep(t *testing.T) {
	for name, margin := range map[string]time.Duration{"reconcile": deploy.ReconcileMargin, "sweep": deploy.SweepMargin} {
		if margin <= 0 || deploy.FunctionTimeout-margin < 10*time.Second {
			t.Errorf("%s: a margin of %v in an invocation of %v", name, margin, deploy.FunctionTimeout)
		}
	}
	if deploy.VisibilityTimeout > 7*time.Minute {
		t.Errorf("a batch whose invocation crashed is reported after %v", deploy.VisibilityTimeout)
	}
}

// An item that fails each time becomes a dead letter while the queue and the dead-letter queue still hold it: a dead
// letter keeps the age of the message.
func TestAnItemThatAlwaysFailsBecomesADeadLetter(t *testing.T) {
	var waited time.Duration
	for n := 1; n < deploy.MaxReceives; n++ {
		after := deploy.RetryAfter(n)
		if after <= 0 || n > 1 && after < deploy.RetryAfter(n-1) {
			t.Errorf("delivery %d waits %v", n+1, after)
		}
		waited += after + deploy.FunctionTimeout
	}
	if waited >= deploy.WorkRetention {
		t.Errorf("%d deliveries take %v, and the queue keeps an item for %v", deploy.MaxReceives, waited, deploy.WorkRetention)
	}
	if deploy.DeadLetterRetention <= deploy.WorkRetention {
		t.Error("a dead letter may expire as soon as it is one")
	}
	if got := deploy.RetryAfter(0); got != deploy.RetryAfter(1) {
		t.Errorf("an item of no known count waits %v", got)
	}
	if got := deploy.RetryAfter(1000); got != 5*time.Minute {
		t.Errorf("an item delivered a thousand times waits %v", got)
	}
}

// The function reads an index for its keys alone, so any projection does, and the index that it prefers holds no more.
func TestWhatIsReadIsDeployed(t *testing.T) {
	if !slices.Contains(deploy.Indexes(), deploy.KeysIndex) || deploy.KeysIndex.Projection != deploy.KeysOnly {
		t.Errorf("the function reads %v of %v", deploy.KeysIndex, deploy.Indexes())
	}
	names := map[string]bool{}
	for _, i := range deploy.Indexes() {
		names[i.Name] = true
	}
	if len(names) != len(deploy.Indexes()) || names[""] {
		t.Errorf("indexes %v", deploy.Indexes())
	}
}
