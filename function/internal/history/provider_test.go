package history_test

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/history"
)

// providerCall is a record that names a capacity provider; what it sent is in parameters.
func providerCall(second int, event string, parameters object) string {
	all := object{"capacityProviderName": "fleet"}
	for name, v := range parameters {
		all[name] = v
	}
	return record(second, event, all, object{"eventSource": "lambda.amazonaws.com"})
}

func operatedBy(role string) object {
	return object{"permissionsConfig": object{"capacityProviderOperatorRoleArn": "arn:aws:iam::" + account + ":role/" + role}}
}

// providers are the names of the roles of the capacity providers, by the last part of their ARNs.
func providers(t *testing.T, a *history.Account) (list []string, complete bool) {
	t.Helper()
	all, err := a.Providers(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all.List {
		list = append(list, p.Name()+" "+p.Role[len("arn:aws:iam::"+account+":role/"):])
	}
	if all.Complete == all.Why.Given() {
		t.Errorf("complete %v, because %q", all.Complete, all.Why)
	}
	return list, all.Complete
}

// TestCapacityProvidersFollowTheirRecords plays them in order and out of order, with a base and without.
func TestCapacityProvidersFollowTheirRecords(t *testing.T) {
	made, changed, deleted := providerCall(1, "CreateCapacityProvider20251130", operatedBy("a")), providerCall(2, "UpdateCapacityProvider20251130", nil), providerCall(3, "DeleteCapacityProvider20251130", nil)
	for name, tt := range map[string]struct {
		base     history.Base
		records  []string
		want     []string
		complete bool
	}{
		"nothing":         {nil, nil, nil, false},
		"created":         {nil, []string{made}, []string{"fleet a"}, false},
		"changed":         {nil, []string{made, changed}, []string{"fleet a"}, false},
		"deleted":         {nil, []string{made, changed, deleted}, nil, false},
		"out of order":    {nil, []string{deleted, made}, nil, false},
		"created again":   {nil, []string{made, deleted, providerCall(4, "CreateCapacityProvider20251130", operatedBy("b"))}, []string{"fleet b"}, false},
		"with a base":     {base{}, []string{made}, []string{"base old", "fleet a"}, true},
		"a base's, alone": {base{}, nil, []string{"base old"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got, complete := providers(t, told(t, tt.base, tt.records...)); !slices.Equal(got, tt.want) || complete != tt.complete {
				t.Errorf("%v, complete %v; want %v, complete %v", got, complete, tt.want, tt.complete)
			}
		})
	}
}
