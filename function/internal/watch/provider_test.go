package watch_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	providerARN = "arn:aws:lambda:" + region + ":" + account + ":capacity-provider:fleet"
	ofEC2       = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

func named(ids ...string) []*check.Check {
	return slices.DeleteFunc(catalogue.Checks(), func(c *check.Check) bool { return !slices.Contains(ids, c.ID) })
}

// provider makes a capacity provider with an operator role, and gives its record.
func (l *lab) provider(roleName string) []byte {
	l.cloud.providers = []role.Provider{{ARN: providerARN, Role: roleARN(roleName), Subnets: []string{"subnet-1"}}}
	return l.record("CreateCapacityProvider20251130", map[string]any{"capacityProviderName": "fleet"}, map[string]any{
		"eventSource": "lambda.amazonaws.com",
		"responseElements": map[string]any{"capacityProvider": map[string]any{
			"capacityProviderArn": providerARN, "permissionsConfig": map[string]any{"capacityProviderOperatorRoleArn": roleARN(roleName)},
		}},
	})
}

// noProvider deletes the capacity provider, which was listed before, and gives the record, which does not name the role.
func (l *lab) noProvider() []byte {
	l.cloud.listed, l.cloud.providers = l.cloud.providers, nil
	return l.record("DeleteCapacityProvider20251130", map[string]any{"capacityProviderName": "fleet"}, map[string]any{"eventSource": "lambda.amazonaws.com"})
}

// TestAnOperatorRoleIsJudgedForItsCapacityProvider creates a capacity provider with a role that may do nothing, and deletes it. The
// record of the deletion does not name the role.
func TestAnOperatorRoleIsJudgedForItsCapacityProvider(t *testing.T) {
	l := newLab(t, named("RW225")...)
	l.role("operator", goodTrust)
	l.swept()
	l.want()
	l.must(l.provider("operator"))
	l.want()
	l.pass(settle)
	m := l.want("opened RW225 operator")
	if cause := m[0].Opened[0].Cause; cause == nil || cause.Certainty != "certain" || m[0].Changes[0].EventName != "CreateCapacityProvider20251130" {
		t.Errorf("the cause is %+v", cause)
	}
	l.must(l.noProvider())
	l.pass(settle)
	l.pass(1)
	l.want("resolved RW225 operator mended")
}

// TestAnOperatorRoleIsInScopeWhateverItTrusts sweeps over a role that Lambda may not assume, and over one that is missing.
func TestAnOperatorRoleIsInScopeWhateverItTrusts(t *testing.T) {
	l := newLab(t, named("RW101", "RW102")...)
	l.role("operator", ofEC2)
	l.provider("operator")
	l.swept()
	l.pass(settle)
	l.want("opened RW102 operator")
	delete(l.cloud.roles, "operator")
	l.cloud.providers[0].Role = roleARN("gone")
	l.pass(25 * time.Hour)
	l.swept()
	l.pass(settle)
	l.pass(settle)
	l.want("resolved RW102 operator roleDeleted", "opened RW101 gone")
}

// TestCapacityProvidersThatMayNotBeListedAreReported says so to operations, once, and leaves open whether nothing uses the role.
func TestCapacityProvidersThatMayNotBeListedAreReported(t *testing.T) {
	unused := *named("RW502")[0]
	unused.OptIn = false
	l := newLab(t, &unused)
	l.cloud.denied = map[string]bool{"lambda:ListCapacityProviders": true}
	l.role("operator", goodTrust)
	l.swept()
	l.pass(settle)
	l.want()
	if len(l.notices) != 1 {
		t.Fatalf("%d notices: %v", len(l.notices), l.notices)
	}
	l.cloud.denied = nil
	l.pass(25 * time.Hour)
	l.swept()
	l.pass(settle)
	l.want("opened RW502 operator")
	l.must(l.provider("operator"))
	l.pass(settle)
	l.want("resolved RW502 operator mended")
}

// TestTheOperatorRoleOfARecordIsReadWhileCapacityProvidersAreUnknown takes the role from the record of a capacity provider that may not be listed.
func TestTheOperatorRoleOfARecordIsReadWhileCapacityProvidersAreUnknown(t *testing.T) {
	l := newLab(t, named("RW102")...)
	l.role("operator", goodTrust)
	l.swept()
	l.cloud.denied = map[string]bool{"lambda:ListCapacityProviders": true}
	l.now = l.now.Add(time.Hour)
	l.must(l.provider("operator"))
	if at := l.state("operator").LookedAt; !at.Equal(l.now) {
		t.Errorf("the role was read at %v, now is %v", at, l.now)
	}
}

// TestAnOperatorRoleIsNotTakenForAnotherWhileCapacityProvidersAreUnknown denies the list while findings of an operator role are open: they
// stay, as unknown, until it is known that the capacity provider is gone.
func TestAnOperatorRoleIsNotTakenForAnotherWhileCapacityProvidersAreUnknown(t *testing.T) {
	l := newLab(t, named("RW102", "RW225")...)
	l.role("operator", ofEC2)
	l.must(l.provider("operator"))
	l.pass(settle)
	l.want("opened RW102 operator", "opened RW225 operator")
	l.cloud.denied, l.cloud.providers = map[string]bool{"lambda:ListCapacityProviders": true}, nil
	l.pass(25 * time.Hour)
	l.swept()
	l.pass(settle)
	l.want()
	for id, status := range l.statuses("operator") {
		if status != finding.Unknown {
			t.Errorf("%s is %s", id, status)
		}
	}
	l.cloud.denied = nil
	l.pass(25 * time.Hour)
	l.swept()
	l.pass(settle)
	l.want("resolved RW102 operator unused", "resolved RW225 operator unused")
}

// statuses are those of a role's findings, by ID.
func (l *lab) statuses(roleName string) map[string]finding.Status {
	l.t.Helper()
	states, err := l.store.Load(l.t.Context(), []string{roleARN(roleName)})
	if err != nil {
		l.t.Fatal(err)
	}
	out := map[string]finding.Status{}
	for _, f := range states[0].Findings {
		out[f.ID] = f.Status
	}
	if len(out) == 0 {
		l.t.Errorf("%s has no findings", roleName)
	}
	return out
}
