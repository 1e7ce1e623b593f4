"""What the world sees: one HTTP API before the services, CloudFront before it and the widget."""

import json
from collections.abc import Sequence

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct
from everyword_aws.environment import AdminEnvironment
from everyword_aws.routes.ingest import FORWARDED

from everyword_cdk import permissions
from everyword_cdk.checks import accept_deployment_of_files, accept_resource
from everyword_cdk.parts.function import ServiceFunction, log_group
from everyword_cdk.parts.gpu_worker import worker_log
from everyword_cdk.parts.routes import ADMIN, Route, api_routes
from everyword_cdk.parts.site import PAGES, write_site
from everyword_cdk.parts.storage import ServiceBucket, ServiceTable, key_table
from everyword_cdk.permissions import KEYS
from everyword_cdk.stacks.base import DeploymentPlan, EverywordStack
from everyword_cdk.stacks.service import API_TIMEOUT

BURST = 200
RATE_PER_S = 100
_LOGGED = {
    "id": "$context.requestId",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "duration_ms": "$context.responseLatency",
    "error": "$context.error.message",
}
"""No addresses of people, no keys and no queries: what was searched is nobody's business."""
_ASKED = f"""function handler(event) {{
  var request = event.request;
  request.headers['{FORWARDED}'] = {{ value: request.headers.host.value }};
  if (request.uri.startsWith('/episodes/')) request.uri = '/episode.html';
  request.uri = {json.dumps(dict(PAGES))}[request.uri] || request.uri;
  return request;
}}"""
_FALLBACK = "ingest"
"""The service that answers what no route knows: with a problem, as for any unknown address."""


class WebsiteStack(EverywordStack):
    """HTTP API, keys, website bucket and CloudFront."""

    def __init__(
        self,
        scope: Construct,
        plan: DeploymentPlan,
        consumers: Sequence[str],
        functions: Sequence[str],
    ) -> None:
        super().__init__(scope, "website", plan, "Everyword: HTTP API, keys, widget, CloudFront")
        ServiceTable(self, "Keys", plan.deployment, key_table(plan.names.table(KEYS), "pk"))
        self._admin(consumers, functions)
        self.http_api = self._api()
        self.site = ServiceBucket(self, "website", plan.names, plan.deployment).bucket
        self.distribution = self._distribution()
        self._widget()
        CfnOutput(self, "Address", value=f"https://{self.distribution.domain_name}")
        CfnOutput(self, "ApiAddress", value=self.http_api.api_endpoint)

    def _admin(self, consumers: Sequence[str], functions: Sequence[str]) -> None:
        """Make the one function that changes keys and looks into dead letters and logs."""
        names, deployment = self.plan.names, self.plan.deployment
        groups = [f"/aws/lambda/{names.function(each)}" for each in functions]
        groups.append(worker_log(names))
        environment = AdminEnvironment(
            prefix=names.prefix,
            event_log=names.event_log,
            queues=names.queue_url(names.queue("")),
            public_search="yes" if deployment.public_search else "",
            consumers=",".join(consumers),
            log_groups=",".join(groups),
        )
        self.alarms.server_errors(ADMIN)
        admin = ServiceFunction(
            self,
            f"{ADMIN}-api",
            service=ADMIN,
            handler="admin_api",
            names=names,
            deployment=deployment,
            alarms=self.alarms,
            environment=environment.variables(),
            statements=[
                permissions.manage_keys(names),
                permissions.read_events(names),  # which consumers are paused is noted there
                permissions.count_waiting(names, *consumers),
                *permissions.redrive(names, *consumers),
                *permissions.read_logs(names, *groups),
            ],
            description="HTTP API of operators: keys, health, dead letters, logs",
            timeout=API_TIMEOUT,
            memory_mib=1024,
            snap_start=True,
        )
        for group in groups:
            accept_resource(admin, permissions.log_group(names, group), "One log, all its streams")

    def _api(self) -> gateway.HttpApi:
        api = gateway.HttpApi(
            self,
            "Api",
            api_name=self.plan.names.prefix,
            description="Everyword's HTTP API; each route leads to the service that owns it",
            create_default_stage=False,
        )
        group = log_group(
            self, "Access", f"/everyword/{self.plan.names.prefix}/api", self.plan.deployment
        )
        stage = gateway.HttpStage(
            self,
            "Live",
            http_api=api,
            stage_name="$default",
            auto_deploy=True,
            throttle=gateway.ThrottleSettings(burst_limit=BURST, rate_limit=RATE_PER_S),
            detailed_metrics_enabled=True,
        )
        raw = stage.node.default_child
        assert isinstance(raw, gateway.CfnStage)
        raw.access_log_settings = gateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=group.log_group_arn, format=json.dumps(_LOGGED)
        )
        integrations: dict[str, HttpLambdaIntegration] = {}
        for route in api_routes():
            integration = integrations.get(route.service) or self._integration(route.service)
            integrations[route.service] = integration
            self._add(api, route, integration)
        gateway.HttpRoute(
            self,
            "Default",
            http_api=api,
            route_key=gateway.HttpRouteKey.DEFAULT,
            integration=integrations[_FALLBACK],
        )
        return api

    def _add(self, api: gateway.HttpApi, route: Route, integration: HttpLambdaIntegration) -> None:
        api.add_routes(
            path=route.path,
            methods=[gateway.HttpMethod[method] for method in route.methods],
            integration=integration,
        )

    def _integration(self, service: str) -> HttpLambdaIntegration:
        names = self.plan.names
        live = lambda_.Function.from_function_attributes(
            self,
            f"Api-{service}",
            function_arn=f"{names.function_arn(f'{service}-api')}:live",
            same_environment=True,
        )
        return HttpLambdaIntegration(f"To-{service}", live, timeout=Duration.seconds(29))

    def _distribution(self) -> cloudfront.Distribution:
        api = origins.HttpOrigin(
            f"{self.http_api.api_id}.execute-api.{self.region}.{self.url_suffix}",
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        )
        site = origins.S3BucketOrigin.with_origin_access_control(self.site)
        cached = cloudfront.CachePolicy(
            self,
            "AsTheServiceSays",
            cache_policy_name=f"{self.plan.names.prefix}-as-the-service-says",
            comment="Kept as long as Cache-Control says; nothing without it",
            min_ttl=Duration.seconds(0),
            default_ttl=Duration.seconds(0),
            max_ttl=Duration.days(1),
            query_string_behavior=cloudfront.CacheQueryStringBehavior.all(),
            header_behavior=cloudfront.CacheHeaderBehavior.allow_list("Authorization", "Origin"),
            enable_accept_encoding_gzip=True,
        )
        asked = cloudfront.FunctionAssociation(
            event_type=cloudfront.FunctionEventType.VIEWER_REQUEST,
            function=cloudfront.Function(
                self,
                "Asked",
                code=cloudfront.FunctionCode.from_inline(_ASKED),
                runtime=cloudfront.FunctionRuntime.JS_2_0,
                comment="Says under which name people asked; each episode has a page",
            ),
        )
        reading = cloudfront.BehaviorOptions(
            origin=api,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cached,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            function_associations=[asked],
        )
        widget = cloudfront.BehaviorOptions(
            origin=site,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            response_headers_policy=(
                cloudfront.ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS_AND_SECURITY_HEADERS
            ),
            compress=True,
            function_associations=[asked],
        )
        return cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"{self.plan.names.prefix}: API, captions, transcripts, pages, widget",
            default_root_object="index.html",
            default_behavior=widget,
            additional_behaviors={
                "/v1/openapi.json": widget,
                **dict.fromkeys(("/v1/*", "/media/*", "/health/*"), reading),
            },
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        )

    def _widget(self) -> None:
        bucket = self.site.node.default_child
        assert isinstance(bucket, s3.CfnBucket)
        accept_deployment_of_files(self, self.get_logical_id(bucket))
        deployment.BucketDeployment(
            self,
            "Widget",
            sources=[deployment.Source.asset(str(write_site()))],
            destination_bucket=self.site,
            distribution=self.distribution,
            memory_limit=256,
            log_group=log_group(
                self,
                "WidgetLog",
                f"/everyword/{self.plan.names.prefix}/widget",
                self.plan.deployment,
            ),
            cache_control=[deployment.CacheControl.max_age(Duration.hours(1))],
        )
