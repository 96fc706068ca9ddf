package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/settings"
)

// TestRoutesOfMembers has findings of two members routed by the organizational unit that one is in and by a tag that AWS Organizations has of the
// other: the wired hub lists both.
func TestRoutesOfMembers(t *testing.T) {
	var payments, shop string
	inbox := map[string]string{}
	h := newEmulatedHub(t, func(h *emulatedHub) {
		payments, shop = h.member("payments", true), h.member("shop", true)
		client := organizations.NewFromConfig(h.in(hubAccount))
		roots, err := client.ListRoots(t.Context(), &organizations.ListRootsInput{})
		h.must(err)
		unit, err := client.CreateOrganizationalUnit(t.Context(), &organizations.CreateOrganizationalUnitInput{Name: sdk.String("Production"), ParentId: roots.Roots[0].Id})
		h.must(err)
		_, err = client.MoveAccount(t.Context(), &organizations.MoveAccountInput{AccountId: &payments, SourceParentId: roots.Roots[0].Id, DestinationParentId: unit.OrganizationalUnit.Id})
		h.must(err)
		_, err = client.TagResource(t.Context(), &organizations.TagResourceInput{ResourceId: &shop, Tags: []orgtypes.Tag{{Key: sdk.String("team"), Value: sdk.String("web")}}})
		h.must(err)
		h.wiring.Owners = []string{"team"}
		for name, match := range map[string]settings.Match{"production": {OUs: []string{*unit.OrganizationalUnit.Id}}, "web": {Tags: map[string][]string{"team": {"web"}}}} {
			topic := h.topic(name)
			inbox[name] = h.queue("inbox-" + name)
			arn := "arn:aws:sqs:us-east-1:" + hubAccount + ":inbox-" + name
			_, err := sqs.NewFromConfig(h.in(hubAccount)).SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: sdk.String(inbox[name]), Attributes: map[string]string{
				"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + arn + `"}]}`,
			}})
			h.must(err)
			_, err = sns.NewFromConfig(h.in(hubAccount)).Subscribe(t.Context(), &sns.SubscribeInput{
				TopicArn: &topic, Protocol: sdk.String("sqs"), Endpoint: &arn,
			})
			h.must(err)
			h.wiring.Routes = append(h.wiring.Routes, settings.Route{Name: name, Match: match, To: settings.To{Topics: []settings.Topic{{ARN: topic}}}})
		}
	})
	_, err := h.intake.Invoke(t.Context(), []byte(deploy.Tick))
	h.must(err)
	store := dynamostore.New(dynamodb.NewFromConfig(h.in(hubAccount)), "rolewatch", time.Now)
	h.sweep(store, func() bool {
		for _, account := range []string{payments, shop} {
			state, err := store.SweepState(t.Context(), account)
			h.must(err)
			if state.Complete == 0 {
				return false
			}
		}
		return true
	}, payments, shop)
	for name, account := range map[string]string{"production": payments, "web": shop} {
		out, err := sqs.NewFromConfig(h.in(hubAccount)).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: sdk.String(inbox[name]), MaxNumberOfMessages: 10})
		h.must(err)
		var bodies []string
		for _, m := range out.Messages {
			bodies = append(bodies, *m.Body)
		}
		other := map[string]string{payments: shop, shop: payments}[account]
		if text := strings.Join(bodies, "\n"); !strings.Contains(text, "arn:aws:iam::"+account+":role/checkout") || strings.Contains(text, "arn:aws:iam::"+other+":role/") {
			t.Errorf("route %s, of account %s, received:\n%s", name, account, text)
		}
		open, err := store.Of(account).OpenRoles(t.Context())
		h.must(err)
		states, err := store.Load(t.Context(), open)
		h.must(err)
		if len(states) != 1 || len(states[0].Findings) == 0 || !slices.Contains(states[0].Findings[0].Routes, name) {
			t.Errorf("route %s: stored %+v", name, states)
		}
	}
}
