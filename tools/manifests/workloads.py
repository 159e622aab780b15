"""Deployments, Services and the job before a roll-out, for one service."""

from typing import Any

from local_stack.catalogue import ServiceRow
from local_stack.containers import HTTP, INTERNAL, METRICS
from manifests.configuration import ADMINISTRATOR, KEYS, OWNER, PLATFORM, configuration
from manifests.labels import FIRST, SECOND, labels, selector
from manifests.sizes import Size, size_of

Document = dict[str, Any]
NOBODY = 10001
DRAIN_SECONDS = 5
GRACE_SECONDS = 60
"""After the drain: the requests in hand (SHUTDOWN_SECONDS), then what is open is closed, as long again."""


def documents(row: ServiceRow) -> list[Document]:
    """Everything of one service but its ConfigMap and its NetworkPolicies."""
    found = [_account(row), _service(row.name, f"{row.name}-serve", {"http": HTTP})]
    if row.has_schema:
        found += [_service(f"{row.name}-work", f"{row.name}-work", {"internal": INTERNAL}), _setup(row)]
    for process in row.processes:
        part, size = f"{row.name}-{process}", size_of(row.name, process)
        found += [_deployment(row, process, size), _disruption_budget(part)]
        if size.most is not None:
            found.append(_autoscaler(part, size))
    return found


def _account(row: ServiceRow) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": row.name, "annotations": FIRST},
        "automountServiceAccountToken": False,
    }


def _service(name: str, part: str, ports: dict[str, int]) -> Document:
    listed = [{"name": port, "port": number, "targetPort": port} for port, number in ports.items()]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels(part)},
        "spec": {"selector": selector(part), "ports": listed},
    }


def _deployment(row: ServiceRow, process: str, size: Size) -> Document:
    part = f"{row.name}-{process}"
    spec: Document = {
        "revisionHistoryLimit": 3,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "selector": {"matchLabels": selector(part)},
        "template": _template(row, part, [_process(row, process, size)]),
    }
    spec["template"]["spec"]["topologySpreadConstraints"] = [
        _spread(part, "topology.kubernetes.io/zone"),
        _spread(part, "kubernetes.io/hostname"),
    ]
    spec["template"]["spec"]["terminationGracePeriodSeconds"] = GRACE_SECONDS
    if size.most is None:
        spec = {"replicas": size.least, **spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": part, "labels": labels(part)},
        "spec": spec,
    }


def _template(row: ServiceRow, part: str, containers: list[Document], **more: Any) -> Document:
    pod = {
        "serviceAccountName": row.name,
        "automountServiceAccountToken": False,
        # Kubernetes would add a variable for each port of each Service.
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": NOBODY,
            "runAsGroup": NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}],
        "containers": containers,
        **more,
    }
    return {"metadata": {"labels": labels(part)}, "spec": pod}


def _container(row: ServiceRow, name: str, size: Size, env: list[Document], **more: Any) -> Document:
    return {
        "name": name,
        "image": f"objectalabs/{row.name}:0.1.0",
        "imagePullPolicy": "IfNotPresent",
        **more,
        "env": env,
        "resources": {
            "requests": {"cpu": size.cpu, "memory": size.memory},
            "limits": {"cpu": size.most_cpu, "memory": size.most_memory},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }


def _process(row: ServiceRow, process: str, size: Size) -> Document:
    ports = [{"name": "metrics", "containerPort": METRICS}]
    if process == "serve":
        ports.append({"name": "http", "containerPort": HTTP})
    else:
        ports.append({"name": "internal", "containerPort": INTERNAL})
    return _container(
        row,
        process,
        size,
        _environment(row),
        args=[process],
        envFrom=[{"configMapRef": {"name": row.name}}],
        ports=ports,
        startupProbe={"httpGet": _probe("live"), "periodSeconds": 2, "failureThreshold": 45, "timeoutSeconds": 3},
        readinessProbe={"httpGet": _probe("ready"), "periodSeconds": 5, "failureThreshold": 2, "timeoutSeconds": 4},
        livenessProbe={"httpGet": _probe("live"), "periodSeconds": 10, "failureThreshold": 3, "timeoutSeconds": 3},
        # Until every node has heard that this address is gone, it still answers.
        lifecycle={"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}},
    )


def _probe(what: str) -> Document:
    return {"path": f"/health/{what}", "port": "metrics"}


def _environment(row: ServiceRow) -> list[Document]:
    own = configuration(row)
    return [
        *(_secret(name, row.name) for name in own.secrets),
        *(_secret(name, row.name, optional=True) for name in own.optional_secrets),
        *(_config(name, KEYS) for name in own.keys),
        *(_config(name, PLATFORM) for name in own.platform),
        *(_config(name, PLATFORM, optional=True) for name in own.optional_platform),
    ]


def _secret(name: str, secret: str, *, optional: bool = False) -> Document:
    return {"name": name, "valueFrom": {"secretKeyRef": _reference(secret, name, optional)}}


def _config(name: str, where: str, *, optional: bool = False) -> Document:
    return {"name": name, "valueFrom": {"configMapKeyRef": _reference(where, name, optional)}}


def _reference(where: str, key: str, optional: bool) -> Document:
    return {"name": where, "key": key, **({"optional": True} if optional else {})}


def _setup(row: ServiceRow) -> Document:
    """Schema and roles, tables, queues; each step sees only the secrets it needs, the last is the Job's own."""
    part, size = f"{row.name}-setup", size_of(row.name, "setup")
    database = [_secret(f"DATABASE_{role}_URL", row.name) for role in ("API", "WORKER")]
    owner, bus = _secret(OWNER, f"{row.name}-owner"), ["RABBITMQ_URL", "RABBITMQ_MANAGEMENT_URL"]
    administrator = _secret(ADMINISTRATOR, "platform-administrator")
    provision = ["python", "-m", "chassis.provision", row.name]
    steps = [
        _container(row, "provision", size, [administrator, owner, *database], command=provision),
        _container(row, "migrate", size, [owner], args=["migrate"]),
        _container(row, "topology", size, [_secret(name, row.name) for name in bus], args=["topology", "apply"]),
        *(
            _container(
                row,
                "-".join(command),
                size,
                _environment(row),
                args=list(command),
                envFrom=[{"configMapRef": {"name": row.name}}],
            )
            for command in row.prepared_by
        ),
    ]
    template = _template(row, part, steps[-1:], initContainers=steps[:-1], restartPolicy="Never")
    spec = {"backoffLimit": 4, "activeDeadlineSeconds": 900, "ttlSecondsAfterFinished": 86400, "template": template}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": part,
            "labels": labels(part),
            # Not PreSync: at that time the new ConfigMaps are not there yet.
            "annotations": {
                "argocd.argoproj.io/hook": "Sync",
                "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
                **SECOND,
            },
        },
        "spec": spec,
    }


def _spread(part: str, key: str) -> Document:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(part)},
    }


def _disruption_budget(part: str) -> Document:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": part},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": selector(part)}},
    }


def _autoscaler(part: str, size: Size) -> Document:
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
    }
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": part},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": part},
            "minReplicas": size.least,
            "maxReplicas": size.most,
            "metrics": [metric],
            # A socket that is moved is a client that has to come back: slowly down.
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 600}},
        },
    }
